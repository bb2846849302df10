import Testing

@testable import Watching

@Suite struct ReportsTests {
  private func report(_ path: String, _ state: DirectoryReport.State, tree: Int = 1) -> RootReport {
    RootReport(
      root: 0, tree: tree,
      report: DirectoryReport(path: .init(path), identity: FileIdentity(device: 1, inode: 1), state: state))
  }

  @Test func `Of each directory the latest report is kept, of each tree its own`() async {
    let reports = Reports()
    reports.add(report("/a", .changing(since: .now, keepsChanging: false)))
    reports.add(report("/b", .settled([:])))
    reports.add(report("/a", .settled([:])))
    reports.add(report("/a", .gone, tree: 2))
    #expect(
      reports.take() == [
        report("/a", .settled([:])), report("/b", .settled([:])), report("/a", .gone, tree: 2),
      ])
    #expect(reports.take().isEmpty)
    // However often it is signalled, one element waits.
    var signals = reports.signals.makeAsyncIterator()
    #expect(await signals.next() != nil)
    reports.end()
    #expect(await signals.next() == nil)
  }
}
