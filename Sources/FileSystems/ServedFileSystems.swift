/// Which file systems lie behind a server or another process, by their magic number (man 2 statfs).
public enum ServedFileSystems {
  /// Whether others can change what is stored there without this kernel's knowledge: then inotify is blind, and a lease
  /// is not for this kernel to give.
  public static func contain(magic: UInt) -> Bool { magics.contains(magic) }

  private static let magics: Set<UInt> = [
    0x6969,  // NFS
    0x517B, 0xFF53_4D42, 0xFE53_4D42,  // SMB, CIFS, SMB2
    0x6573_5546,  // FUSE
    0x0102_1997,  // 9P
    0x00C3_6400,  // Ceph
    0x5346_414F, 0x6B41_4653,  // AFS, in its two implementations
    0x0BD0_0BD0, 0x4750_4653, 0x1983_0326, 0xAAD7_AAEA,  // Lustre, GPFS, BeeGFS, PanFS
    0x7461_636F, 0x0116_1970, 0x2003_0528,  // OCFS2, GFS2, OrangeFS
    0x7375_7245, 0x564C,  // Coda, NCP
    0x786F_4256, 0xBACB_ACBC, 0x7C7C_6673,  // folders shared by VirtualBox, VMware, Parallels
  ]
}
