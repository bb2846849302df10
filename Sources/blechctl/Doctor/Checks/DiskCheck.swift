import Vocabulary

/// Whether there is as much room as the owner wants to be left.
struct DiskCheck {
  let path: String
  /// In MiB; below it nothing is begun.
  let minimumMB: Int
  /// The configuration's path.
  let file: String

  /// - Parameter free: in bytes.
  func line(free: Int) -> DoctorLine {
    let freeMB = free >> 20
    guard freeMB < minimumMB else {
      return DoctorLine(.disk, path, "\(freeMB) MB are free; limits.free_disk_min_mb is \(minimumMB)")
    }
    return DoctorLine(
      .disk, path, "\(freeMB) MB are free, less than limits.free_disk_min_mb, \(minimumMB): nothing is begun",
      .problem(
        .cannotWrite,
        mend: [
          "free \(minimumMB - freeMB) MB; what takes most: sudo du -xsh \(path.shellWord)/* | sort -h | tail",
          "or lower limits.free_disk_min_mb in \(file)",
        ]))
  }
}
