import FileSystems
import Testing

@Suite struct ServedFileSystemsTests {
  @Test(arguments: [0x6969, 0xFF53_4D42, 0xFE53_4D42, 0x517B, 0x6573_5546, 0x0BD0_0BD0] as [UInt])
  func `What lies behind a server or another process is known as such`(magic: UInt) {
    #expect(ServedFileSystems.contain(magic: magic))
  }

  /// ext4, XFS, Btrfs, tmpfs, ZFS, an overlay.
  @Test(arguments: [0xEF53, 0x5846_5342, 0x9123_683E, 0x0102_1994, 0x2FC1_2FC1, 0x794C_7630] as [UInt])
  func `What this kernel keeps is local`(magic: UInt) {
    #expect(!ServedFileSystems.contain(magic: magic))
  }
}
