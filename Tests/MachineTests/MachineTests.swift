import Machine
import Testing
