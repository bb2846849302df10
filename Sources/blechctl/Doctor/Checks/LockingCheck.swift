import Vocabulary
import WorkerProtocol

/// Whether an .h5 in a root is safe while results are written. `docs/safety.md` says what rests on this.
struct LockingCheck {
  let root: String
  let ground: RootPlace.Ground

  func lines(_ result: ProbeResult) -> [DoctorLine] {
    [lock(result)] + (result.commitFailure.map { [commit($0)] } ?? [])
  }

  private func lock(_ result: ProbeResult) -> DoctorLine {
    switch result.lock {
    case .excludes:
      let leases =
        result.hasLease
        ? "programs that take no lock are kept out by leases"
        : "there are no leases: programs that take no lock are not noticed"
      return DoctorLine(.locking, root, "HDF5's locks keep other programs out; \(leases)")
    case .doesNotExclude:
      return DoctorLine(
        .locking, root, "HDF5's locks do not keep other programs out: two may write one .h5 at once",
        .warning(
          mend: [lockingMount, "or close sessions in all other programs before blechd works (limits.hours)"]))
    case .refused(let reason):
      return DoctorLine(
        .locking, root, "gives no locks (\(reason)): nothing can be written into an .h5 there",
        .problem(.cannotWrite, mend: [lockingMount, "or keep sessions on another file system"]))
    }
  }

  private func commit(_ failure: Failure) -> DoctorLine {
    DoctorLine(
      .locking, root, "a small .h5 could not be changed: \(failure.what)",
      .problem(
        failure.code, mend: [failure.remedy.isEmpty ? "sudo journalctl -k -n 50" : failure.remedy]))
  }

  private var lockingMount: String {
    let point = ground.mountPoint.shellWord
    return switch ground.fileSystem {
    case "nfs":
      "on the file server and here: sudo systemctl start rpc-statd; and no nolock in the options of \(point)"
    case "lustre": "sudo mount -o remount,flock \(point)"
    case "cifs", "smb3": "take nobrl out of the options of \(point) in /etc/fstab, and mount it again"
    default: "mount \(point) with locks: see the options of \(ground.fileSystem) in findmnt \(point)"
    }
  }
}
