import Testing
import Vocabulary

@Suite struct UnfinishedScriptTests {
  private static let now: Int64 = 1_780_000_000
  private static let hour: Int64 = 3600

  private func script(_ secondsAgo: Int64) -> UnfinishedScript {
    UnfinishedScript(script: "a.py", attempted: LocalTime.text(Self.now - secondsAgo))
  }

  @Test(
    arguments: [
      (0, now + hour), (60, now + hour - 60), (hour - 1, now + 1), (hour, nil), (hour + 1, nil),
      // Clocks differ, within a day.
      (-60, now + hour), (-24 * hour, now + hour), (-24 * hour - 1, nil), (-10_000 * hour, nil),
    ] as [(Int64, Int64?)])
  func `A script is waited for by when it was begun`(secondsAgo: Int64, end: Int64?) {
    #expect(script(secondsAgo).endOfWait(.seconds(3600), now: Self.now) == end)
  }

  @Test func `Without a wait, and with a time that is none, nothing is waited for`() {
    #expect(script(0).endOfWait(.zero, now: Self.now) == nil)
    let odd = UnfinishedScript(script: "a.py", attempted: "yesterday")
    #expect(odd.endOfWait(.seconds(3600), now: Self.now) == nil)
  }

  @Test func `Of several scripts the one that is waited for longest counts`() {
    let wait = [script(5000), script(600), script(60), script(-1_000_000)]
      .longestWait(.seconds(3600), now: Self.now)
    #expect(wait?.script == script(60))
    #expect(wait?.until == Self.now + 3540)
    #expect([].longestWait(.seconds(3600), now: Self.now) == nil)
  }

  @Test(arguments: [0, 86_400 * 200, 1_700_000_000, 1_780_000_000] as [Int64])
  func `A local time that is not ambiguous is read as it was written`(seconds: Int64) {
    #expect(LocalTime.seconds(LocalTime.text(seconds)) == seconds)
  }
}
