import FoundationEssentials
import Glibc
import TestSupport
import Testing
import Vocabulary

@testable import Control

@Suite struct SocketFileTests {
  private func server(_ path: String) -> ControlServer {
    ControlServer(path: path, limits: .patient, handler: answerWithRequest)
  }

  private func expectService(at path: String) async throws {
    let answer = try await ControlClient(path: path).ask(.status, timeout: .patience)
    #expect(.answered(answer) == statusAnswer)
  }

  private func failure(toStartAt path: String) -> Failure? {
    do throws(Failure) {
      try server(path).start()
      Issue.record("it started")
      return nil
    } catch {
      return error
    }
  }

  @Test func `Anyone may connect, whatever the umask`() async throws {
    try await withServer { path in
      var state = stat()
      #expect(stat(path, &state) == 0)
      #expect(state.st_mode == S_IFSOCK | 0o666)
    }
  }

  @Test func `The socket of a dead daemon is replaced`() async throws {
    try await withScratchAsync { scratch in
      let path = scratch.path("control.sock")
      try leaveSocket(at: path)
      let server = server(path)
      try server.start()
      try await expectService(at: path)
      await server.stop()
      #expect(try scratch.names == [])
    }
  }

  @Test func `The socket of a daemon that runs is left to it`() async throws {
    try await withServer { path in
      let failure = failure(toStartAt: path)
      #expect(failure?.code == .temporary)
      #expect(failure?.what.contains("process \(getpid())") == true)
      try await expectService(at: path)
    }
  }

  @Test func `The socket of a daemon that lets nobody in is left to it`() throws {
    try withScratch { scratch in
      let path = scratch.path("control.sock")
      let hung = try Socket()
      #expect(try UnixAddress(path: path).withPointer { bind(hung.descriptor, $0, $1) } == 0)
      listen(hung.descriptor, 0)
      let whoWaits = try TestClient(path)
      #expect(failure(toStartAt: path)?.code == .temporary)
      #expect(throws: (any Error).self) { try TestClient(path) }
      _ = whoWaits
    }
  }

  @Test func `What is no socket is left alone`() throws {
    try withScratch { scratch in
      let path = scratch.path("control.sock")
      try scratch.write("control.sock", "mine")
      #expect(failure(toStartAt: path)?.code == .cannotWrite)
      #expect(try scratch.text("control.sock") == "mine")

      unlink(path)
      try leaveSocket(at: scratch.path("other"))
      symlink(scratch.path("other"), path)
      #expect(failure(toStartAt: path)?.code == .cannotWrite)
      symlink(scratch.path("nowhere"), scratch.path("dangling"))
      #expect(failure(toStartAt: scratch.path("dangling"))?.code == .cannotWrite)
      mkdir(scratch.path("directory"), 0o755)
      #expect(failure(toStartAt: scratch.path("directory"))?.code == .cannotWrite)
      #expect(try scratch.names == ["control.sock", "dangling", "directory", "other"])
    }
  }

  @Test func `A path that no socket can have is refused`() async throws {
    try await withScratchAsync { scratch in
      let room = UnixAddress.longestPath - scratch.path("").utf8.count
      #expect(UnixAddress.longestPath == 107)
      let longest = scratch.path(String(repeating: "a", count: room))
      let server = server(longest)
      try server.start()
      try await expectService(at: longest)
      await server.stop()

      let failure = failure(toStartAt: longest + "a")
      #expect(failure?.code == .usage)
      #expect(failure?.what == "is 108 bytes long; the path of a socket can have 107 at most")
      for path in ["", "a\0b"] { #expect(self.failure(toStartAt: path)?.code == .usage) }
      #expect(self.failure(toStartAt: scratch.path("no/control.sock"))?.code == .cannotWrite)
      #expect(try scratch.names == [])
    }
  }

  @Test func `A stopped server leaves the file of its successor`() async throws {
    try await withScratchAsync { scratch in
      let path = scratch.path("control.sock")
      let (first, second) = (server(path), server(path))
      try first.start()
      unlink(path)
      try second.start()
      await first.stop()
      try await expectService(at: path)
      await second.stop()
    }
  }

  /// As a daemon does that is killed.
  private func leaveSocket(at path: String) throws {
    let socket = try Socket()
    #expect(try UnixAddress(path: path).withPointer { bind(socket.descriptor, $0, $1) } == 0)
    listen(socket.descriptor, 1)
  }
}
