import Leases
import Testing
