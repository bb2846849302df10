import Foundation
import Testing

/// File systems that refuse to be written to, mounted in a mount namespace of the test's own.
@Suite struct DiskTests {
  @Test(canMount) func `A full disk gets a clear message, and the .h5 stays as it was`() async throws {
    try await withSession { session in
      let before = try session.bytes()
      // 2 MB for a session of 1.6 MB; what is left is filled up but for 300 KB: enough for the artifacts, not for rates in
      // bins of 5 ms.
      let script = """
        mount -t tmpfs -o size=2500k tmpfs "\(session.directory.path)"
        cp "\(ScratchSession.fixtures.path)/\(session.name)"/* "\(session.directory.path)"
        free=$(df --output=avail -k "\(session.directory.path)" | tail -n 1)
        head -c $((free - 300))k /dev/zero > "\(session.directory.path)/filler"
        "\(Blechctl.program)" infer "\(session.directory.path)" --train-steps 30 --bin-size 5 && code=0 || code=$?
        cp "\(session.h5.path)" "\(session.folder.path)/after.h5"
        exit $code
        """
      let run = try await Blechctl.runMounting(script, session)
      #expect(run.exitCode == 73, "\(run.errors)")
      #expect(run.errors.contains("disk is full"), "\(run.errors)")
      #expect(run.errors.contains("free some"))
      #expect(try Data(contentsOf: session.folder.appending(path: "after.h5")) == before)
    }
  }

  @Test(canMount) func `A read-only folder is refused before anything is trained`() async throws {
    try await withSession { session in
      let before = try session.bytes()
      let script = """
        mount --bind "\(session.directory.path)" "\(session.directory.path)"
        mount -o remount,ro,bind "\(session.directory.path)"
        "\(Blechctl.program)" infer "\(session.directory.path)" --train-steps 30
        """
      let run = try await Blechctl.runMounting(script, session)
      #expect(run.exitCode == 73, "\(run.errors)")
      #expect(run.errors.contains("Read-only file system"), "\(run.errors)")
      #expect(run.errors.contains("--output-only"))
      #expect(!run.errors.contains("steps in"), "\(run.errors)")
      #expect(try session.bytes() == before)
    }
  }

  @Test func `A folder without permission is refused before anything is trained`() async throws {
    try await withSession { session in
      let before = try session.bytes()
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: session.folder.path)
      try FileManager.default.setAttributes(
        [.posixPermissions: geteuid() == 0 ? 0o755 : 0o555], ofItemAtPath: session.directory.path)
      // Root may write everywhere: there, run as nobody, from copies of the programs that nobody may run.
      let programs = session.folder.appending(path: "bin").path
      let script = """
        mkdir "\(programs)" && cp "\(Blechctl.program)" "\(Blechctl.worker)" "\(programs)"
        mkdir -m 777 "\(session.folder.path)/state"
        export XDG_STATE_HOME="\(session.folder.path)/state"
        exec \(geteuid() == 0 ? "setpriv --reuid=65534 --regid=65534 --clear-groups" : "") \
          "\(programs)/blechctl" infer "\(session.directory.path)" --train-steps 30
        """
      let run = try await Blechctl.run(["sh", "-euc", script], environment: session.blechctl.environment())
      #expect(run.exitCode == 77, "\(run.errors)")
      #expect(run.errors.contains("Permission denied"), "\(run.errors)")
      #expect(run.errors.contains("grant access"))
      #expect(try session.bytes() == before)
    }
  }

  @Test func `A file-size limit is met before the .h5 is touched`() async throws {
    try await withSession { session in
      _ = try await session.infer()
      let before = try session.results()
      let kibibytes = try session.bytes().count / 1024 + 50
      // dash counts in blocks of 512 bytes.
      let script = """
        ulimit -f \(kibibytes * 2)
        "\(Blechctl.program)" infer "\(session.directory.path)" --train-steps 30 --bin-size 5
        """
      let run = try await Blechctl.run(["sh", "-c", script], environment: session.blechctl.environment())
      #expect(run.exitCode == 73, "\(run.exitCode) \(run.errors)")
      #expect(run.errors.contains("ulimit -f"), "\(run.errors)")
      #expect(try session.results() == before)
    }
  }
}
