import SystemPackage
import Testing
import Vocabulary

@testable import FileAccess

@Suite struct FileErrorTests {
  @Test(
    arguments: [
      (.system(.noSuchFileOrDirectory), .noInput), (.system(.notDirectory), .noInput),
      (.system(.permissionDenied), .notPermitted), (.system(.notPermitted), .notPermitted),
      (.system(.readOnlyFileSystem), .cannotWrite), (.system(.noSpace), .cannotWrite),
      (.system(Errno(rawValue: 122)), .cannotWrite), (.system(.ioError), .cannotWrite),
      (.system(.tooManyOpenFiles), .temporary), (.system(.resourceBusy), .temporary),
      (.system(.staleNFSFileHandle), .temporary), (.system(.noMemory), .temporary),
      (.system(.tooManySymbolicLinkLevels), .badData), (.notRegular, .badData),
      (.tooLarge(bytes: 2, limit: 1), .badData),
    ] as [(FileError.Reason, ExitCode)])
  func `A reason becomes the exit code that a script expects`(reason: FileError.Reason, code: ExitCode) {
    let failure = FileError(path: "/a/b", operation: "open it", reason: reason).failure()
    #expect(failure.code == code)
    #expect(failure.place == "/a/b")
    #expect(failure.what.hasPrefix("cannot open it: "))
  }

  @Test func `A remedy that the caller knows goes before the general one`() {
    let error = FileError(path: "/a", operation: "open it", reason: .system(.permissionDenied))
    #expect(error.failure().remedy.contains("chmod"))
    #expect(error.failure(remedy: "ask Alice").remedy == "ask Alice")
  }
}
