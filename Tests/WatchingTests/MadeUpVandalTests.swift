import SystemPackage
import TestSupport
import Testing

@testable import Watching

/// Hours of senseless changes in made-up time, the same in every run.
@Suite struct MadeUpVandalTests {
  @Test(arguments: 0..<40 as Range<UInt64>)
  func `Whatever happens to the tree, in the end exactly what is there is settled`(seed: UInt64) {
    let world = WatchedWorld { settings in
      // Nothing but events, and what they ask for.
      settings.rescan = .seconds(1_000_000)
      settings.looksPerStep = seed % 3 == 0 ? 1 : 256
    }
    var vandal = MadeUpVandal(kernel: world.kernel, numbers: SeededNumbers(seed: seed))
    if seed % 4 == 1 {
      // The world changes between the watch and the reading.
      world.kernel.beforeReading = { [unowned world] _ in
        guard Bool.random(using: &vandal.numbers) else { return }
        world.kernel.beforeReading.map { _ in vandal.act() }
      }
    }
    for _ in 0..<400 {
      vandal.act()
      world.kernel.holdsEvents = vandal.isLate
      world.run(for: Double.random(in: 0...0.3, using: &vandal.numbers))
    }
    world.kernel.beforeReading = nil
    world.kernel.holdsEvents = false
    world.run(for: 60)
    #expect(world.settled == vandal.sessions())
    #expect(world.changing.isEmpty)
    // And everything is still watched: each of them is seen to change.
    for session in vandal.sessions() { world.kernel.write(FilePath(session).appending("s.h5")) }
    world.run(for: 1)
    #expect(world.changing == vandal.sessions())
  }
}

/// Moves, removes, replaces and writes below `/data`.
struct MadeUpVandal {
  let kernel: FakeKernel
  var numbers: SeededNumbers
  private var acts = 0

  init(kernel: FakeKernel, numbers: SeededNumbers) {
    self.kernel = kernel
    self.numbers = numbers
  }

  /// Whether events are held back for a while.
  var isLate: Bool { acts % 37 < 5 }

  private static let names = ["a", "b", "c", "s1", "s2"]

  private mutating func somewhere() -> FilePath {
    var path = FilePath("/data")
    for _ in 0..<Int.random(in: 0...4, using: &numbers) {
      guard let name = kernel.directories(in: path).randomElement(using: &numbers) else { break }
      path.append(name)
    }
    return path
  }

  private mutating func name() -> String { Self.names.randomElement(using: &numbers)! }

  mutating func act() {
    acts += 1
    let place = somewhere()
    switch Int.random(in: 0..<12, using: &numbers) {
    case 0..<3: kernel.makeDirectory(place.appending(name()))
    case 3..<5:
      for file in ["s.h5", "s.info", "log.json"]
      where kernel.isFree(place.appending(file)) || place != "/data" {
        if place != "/data" { kernel.write(place.appending(file)) }
      }
    case 5:
      if place != "/data", kernel.exists(place.appending("s.info")) {
        kernel.remove(place.appending("s.info"))
      }
    case 6..<9:
      let target = somewhere().appending(name())
      if place != "/data", kernel.isFree(target), !target.starts(with: place) {
        kernel.move(place, to: target)
      }
    case 9: if place != "/data" { kernel.remove(place) }
    default:
      // A directory moves below what takes its place.
      let parent = place.removingLastComponent()
      let aside = parent.appending(".aside")
      guard place != "/data", kernel.isFree(aside) else { return }
      kernel.makeDirectory(aside)
      kernel.move(place, to: aside.appending(name()))
      kernel.move(aside, to: place)
    }
  }

  /// What a watch should find.
  func sessions() -> [String] {
    var (found, left) = ([String](), [FilePath("/data")])
    while let path = left.popLast() {
      let isSession = kernel.exists(path.appending("s.h5")) && kernel.exists(path.appending("s.info"))
      let isReported = kernel.exists(path.appending("s.h5"))
      if isReported { found.append(path.string) }
      if !isSession { left += kernel.directories(in: path).map { path.appending($0) } }
    }
    return found.sorted()
  }
}
