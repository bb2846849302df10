import Scheduling
import Testing
