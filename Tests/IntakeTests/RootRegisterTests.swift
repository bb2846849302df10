import Intake
import TestSupport
import Testing

@Suite struct RootRegisterTests {
  @Test func `A root begins when it is first seen, and keeps its day`() throws {
    try withScratch { scratch in
      let register = RootRegister(in: scratch.path("state"))
      #expect(register.firstWatched("/a") == nil)
      let first = try register.firstWatched(["/a"], now: 100).times
      #expect(first == [100])
      let second = try register.firstWatched(["/b", "/a"], now: 200).times
      #expect(second == [200, 100])
      // A root that was left out for a while is none that begins.
      let third = try register.firstWatched(["/b"], now: 300).times
      #expect(third == [200])
      #expect(register.firstWatched("/a") == 100)
    }
  }

  @Test(arguments: ["", "{}", "{\"version\":2,\"firstWatched\":{}}", "nonsense"])
  func `A register that cannot be read is set aside, and every root begins anew`(text: String) throws {
    try withScratch { scratch in
      try scratch.write("watched_roots.json", text)
      let known = try RootRegister(in: scratch.path).firstWatched(["/a"], now: 5)
      #expect(known.times == [5] && known.setAside == scratch.path("watched_roots.json.damaged"))
      #expect(try scratch.text("watched_roots.json.damaged") == text)
      let later = try RootRegister(in: scratch.path).firstWatched(["/a"], now: 9).times
      #expect(later == [5])
    }
  }
}
