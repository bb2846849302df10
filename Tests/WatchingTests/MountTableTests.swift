import SystemPackage
import Testing

@testable import Watching

@Suite struct MountTableTests {
  private let table = MountTable(
    mountInfo: Array(
      #"""
      22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
      30 22 0:26 / /proc rw - proc proc rw
      31 22 0:40 / /data/lab rw,relatime shared:5 master:1 - nfs4 server:/lab rw,vers=4.2
      32 31 0:41 / /data/lab/with\040blank\011and\134 rw - fuse.sshfs user@host: rw
      33 31 0:42 / /data/lab/auto rw - autofs systemd-1 rw
      34 22 8:2 / /data/lab rw - xfs /dev/sdb1 rw
      nonsense
      35 22 0:43 / /data/laboratory rw - tmpfs none rw
      """#.utf8))

  @Test func `Lines are read as the kernel writes them, and what is none is left out`() {
    #expect(table.mounts.map(\.id) == [22, 30, 31, 32, 33, 34, 35])
    #expect(
      table.mounts[3]
        == Mount(id: 32, point: "/data/lab/with blank\tand\\", type: "fuse.sshfs", options: "rw"))
  }

  @Test func `Of several mounts at one place the last one is seen`() {
    #expect(table.mount(of: "/data/lab/rat1")?.id == 34)
    #expect(table.mount(of: "/data/lab")?.type == "xfs")
    #expect(table.mount(of: "/data/laboratory/x")?.id == 35)
    #expect(table.mount(of: "/home")?.id == 22)
  }

  @Test func `Inside a root only what can hold data is watched`() {
    #expect(table.dataMounts(below: "/data/lab").map(\.id) == [32])
    #expect(table.dataMounts(below: "/data").map(\.id) == [34, 32, 35])
    #expect(table.points(below: "/data/lab") == ["/data/lab/with blank\tand\\", "/data/lab/auto"])
  }
}
