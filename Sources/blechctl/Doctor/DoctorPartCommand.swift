import ArgumentParser
import FoundationEssentials
import Glibc
import SystemPackage
import Vocabulary

/// The child processes of `doctor`.
struct DoctorPartCommand: AsyncParsableCommand {
  static let name = "doctor-part"
  static let configuration = CommandConfiguration(commandName: name, shouldDisplay: false)

  func run() async throws {
    guard let line = readLine(),
      let request = try? JSONDecoder().decode(DoctorPart.Request.self, from: Data(line.utf8))
    else {
      throw Failure(
        .usage, "blechctl \(Self.name)", "got no request on stdin",
        remedy: "it is run by blechctl doctor, not by hand")
    }
    if let account = request.account {
      do throws(Errno) { try account.become() } catch {
        throw Failure(.notPermitted, account.name, "could not be become: \(error)", remedy: "run it as root")
      }
    }
    await untilInterrupted {
      switch request.part {
      case .root(let root): await RootExamination(root, tell: Self.tell).run()
      case .belongings(let belongings): await BelongingsExamination(belongings, tell: Self.tell).run()
      }
    }
    Self.tell(.end)
  }

  private static func tell(_ message: DoctorPart.Message) {
    guard let data = try? JSONEncoder().encode(message) else { return }
    print(String(decoding: data, as: UTF8.self))
    // Whoever reads it may not want to wait for our end.
    fflush(nil)
  }
}
