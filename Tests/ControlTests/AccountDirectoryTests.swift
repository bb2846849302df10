import Foundation
import Glibc
import SystemPackage
import Testing

@testable import Control

@Suite struct AccountDirectoryTests {
  private let machine = AccountDirectory(limit: .patience)

  @Test func `Users and groups of the machine are found`() async {
    #expect(await machine.groupID(named: "root") == .found(0))
    #expect(await machine.userName(of: 0) == .found("root"))
  }

  @Test func `Those that there are not are told from those that nobody can tell`() async {
    #expect(await machine.groupID(named: "no-such-group") == .absent)
    #expect(await machine.groupID(named: "") == .absent)
    #expect(await machine.userName(of: 3_999_999_999) == .absent)
    let broken = AccountDirectory(
      limit: .patience,
      calls: .init(groupID: { _ in .failure(.ioError) }, userName: { _ in .failure(.ioError) }))
    #expect(await broken.groupID(named: "root") == .unknown(why: "Input/output error"))
    #expect(await broken.userName(of: 0) == .unknown(why: "Input/output error"))
  }

  @Test func `Questions that nobody answers are given up, and few at once are asked`() async {
    let (hang, begun) = (DispatchSemaphore(value: 0), AsyncStream<Void>.makeStream())
    let calls = AccountDirectory.Calls(
      groupID: { name in
        if name == "known" { return .success(7) }
        begun.continuation.yield()
        hang.wait()
        return .success(nil)
      }, userName: { _ in .success(nil) })
    let directory = AccountDirectory(limit: .milliseconds(20), calls: calls)
    for _ in 0..<4 {
      let answer = await directory.groupID(named: "lab")
      #expect(answer == .unknown(why: "there was no answer within 0.02 seconds"))
    }
    let refused = AccountDirectory.Answer<UInt32>.unknown(
      why: "earlier questions have not been answered yet")
    #expect(await directory.groupID(named: "known") == refused)
    // All four are at work, and nothing else is.
    var arrivals = begun.stream.makeAsyncIterator()
    for _ in 0..<4 { _ = await arrivals.next() }
    hang.signal()
    // There is room again as soon as one has come back.
    var answer = refused
    for _ in 0..<2400 where answer != .found(7) {
      answer = await directory.groupID(named: "known")
      try? await Task.sleep(for: .milliseconds(50))
    }
    #expect(answer == .found(7))
    for _ in 0..<3 { hang.signal() }
  }
}
