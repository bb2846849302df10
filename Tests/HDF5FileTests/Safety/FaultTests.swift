import HDF5File
import SafetyHarness
import SystemPackage
import TestSupport
import Testing

/// System calls that fail, do half of what they were asked, or are interrupted, at every place where they can.
@Suite struct FaultTests {
  /// What one run with faults came to.
  private struct Run {
    let disk: SimulatedDisk
    let error: H5Error?
    var file: [UInt8]? { disk.state[Scenario.fileName] }
    var hasJournal: Bool { disk.state[Scenario.journalName] != nil }
  }

  private func run(_ scenario: Scenario, _ prepare: (SimulatedDisk) -> Void) throws -> Run {
    let disk = SimulatedDisk(try scenario.start())
    prepare(disk)
    do {
      try scenario.commit(on: disk)
      return Run(disk: disk, error: nil)
    } catch let error as H5Error {
      return Run(disk: disk, error: error)
    }
  }

  @Test(arguments: Scenario.all, [Errno.noSpace, .ioError, .diskQuotaExceeded])
  func `A call that fails leaves the old file and no journal, and the error says what and why`(
    scenario: Scenario, errno: Errno
  ) throws {
    let old = try scenario.old()
    let (new, calls, _) = try scenario.undisturbed()
    for (index, call) in calls.enumerated() {
      let run = try run(scenario) { $0.events[index] = .fail(errno) }
      let place = "call \(index), \(call)"
      #expect(!run.hasJournal, "\(place)")
      if call == .other("lease") {
        // A file system without leases is no obstacle.
        #expect(run.error == nil && run.file == new, "\(place)")
      } else if index == calls.count - 1 {
        // Only the end of the journal is uncertain: nothing is undone that could not be redone.
        #expect(run.error?.reason.contains("has its new content") == true, "\(place)")
        #expect(run.file == new, "\(place)")
      } else {
        #expect(run.file == old, "\(place)")
        #expect(run.error?.path == "/simulated/session.h5", "\(place)")
        let reason = errno == .noSpace ? "disk is full" : errno == .ioError ? "Input/output error" : "quota"
        #expect(run.error?.reason.contains(reason) == true, "\(place): \(run.error?.reason ?? "")")
      }
    }
  }

  @Test(arguments: Scenario.all)
  func `A disk that fails for good in the middle can be recovered when it works again`(scenario: Scenario)
    throws
  {
    let old = try scenario.old()
    let (new, calls, _) = try scenario.undisturbed()
    var withJournal = 0
    for index in calls.indices {
      let run = try run(scenario) { disk in
        for later in index..<(index + 1000) { disk.events[later] = .fail(.ioError) }
      }
      #expect(run.error != nil || run.file == new)
      if run.hasJournal {
        withJournal += 1
        #expect(run.error?.code == .unrecovered || run.file == old)
      }
      let repaired = SimulatedDisk(run.disk.state)
      _ = try Scenario.recover(repaired)
      let file = repaired.state[Scenario.fileName]
      #expect(file == old || file == new && index == calls.count - 1, "call \(index), \(calls[index])")
      #expect(repaired.state[Scenario.journalName] == nil)
    }
    #expect(withJournal > 0)
  }

  @Test(arguments: Scenario.all)
  func `Short reads and writes, and calls that a signal interrupts, are gone on with`(scenario: Scenario)
    throws
  {
    let (new, calls, _) = try scenario.undisturbed()
    for (index, call) in calls.enumerated() {
      for event in [SimulatedDisk.Event.shorten(to: 1), .shorten(to: 1000), .fail(.interrupted)] {
        if case .fail = event, case .synchronise = call { continue }
        let run = try run(scenario) { $0.events[index] = event }
        #expect(run.error == nil && run.file == new && !run.hasJournal, "\(event) at call \(index), \(call)")
      }
    }
  }

  /// After a failed one the kernel may call bytes written that the disk does not have; a second would succeed.
  @Test(arguments: Scenario.all, [Errno.ioError, .interrupted])
  func `A synchronisation that failed is not tried again: what it was to save is written anew`(
    scenario: Scenario, errno: Errno
  ) throws {
    let old = try scenario.old()
    let (_, calls, _) = try scenario.undisturbed()
    // The first is before the change: where it fails there is nothing to undo.
    let synchronisations = calls.indices.filter { calls[$0] == .synchronise(Scenario.fileName) }.dropFirst()
    #expect(!synchronisations.isEmpty)
    for index in synchronisations {
      let run = try run(scenario) { $0.events[index] = .fail(errno) }
      #expect(run.error != nil && run.file == old && !run.hasJournal)
      var generator = SeededNumbers(seed: 1)
      let afterPowerCut = run.disk.state.afterPowerCut(survival: 0, garbage: 0, using: &generator)
      #expect(afterPowerCut[Scenario.fileName] == old, "what the failed one forgot was not written anew")
      let later = run.disk.calls[(index + 1)...]
      let again = try #require(later.firstIndex(of: .synchronise(Scenario.fileName)))
      let rewritten = later[..<again].compactMap { call in
        if case .write(Scenario.fileName, let offset, _) = call { offset } else { nil }
      }
      let overwritten = calls[..<index].compactMap { call in
        if case .write(Scenario.fileName, let offset, _) = call, offset < old.count { offset } else { nil }
      }
      #expect(Set(rewritten).isSuperset(of: overwritten))
    }
  }

  @Test(arguments: Scenario.all)
  func `A disk with too little room, whatever it is, leaves the old file`(scenario: Scenario) throws {
    let old = try scenario.old()
    let new = try scenario.undisturbed().new
    var refused = 0
    for room in stride(from: 0, to: 120_000, by: 700) {
      let run = try run(scenario) { $0.room = room }
      #expect(!run.hasJournal)
      if let error = run.error {
        refused += 1
        #expect(error.code == .full && error.reason.contains("free some space"))
        #expect(run.file == old)
      } else {
        #expect(run.file == new)
      }
    }
    #expect(refused > 0)
  }

  @Test func `A limit for the size of files is met before anything is written`() throws {
    let scenario = Scenario(operation: .add, superblock: 0)
    let (new, _, _) = try scenario.undisturbed()
    let run = try run(scenario) { $0.largestFile = Int64(new.count) - 1 }
    #expect(run.error?.code == .full && run.error?.reason.contains("ulimit -f") == true)
    #expect(try run.file == scenario.old())
    #expect(
      !run.disk.calls.contains { call in
        if case .write = call { true } else { false }
      })
    #expect(try self.run(scenario) { $0.largestFile = Int64(new.count) }.error == nil)
  }

  @Test func `What cannot be read back as it was written is undone`() throws {
    struct Different: Error {}
    let scenario = Scenario(operation: .replace, superblock: 0)
    let disk = SimulatedDisk(try scenario.start())
    #expect(throws: Different.self) {
      try H5Transaction.locking(SimulatedDisk.place(Scenario.fileName), calls: disk) {
        try $0.change(scenario.operation.apply) { root in
          // What is seen is the new file, and only now.
          #expect(try root.group("rnn_output")!.group("regions")!.childNames() == ["region_all_taste_0"])
          throw Different()
        }
      }
    }
    #expect(try disk.state[Scenario.fileName] == scenario.old())
    #expect(disk.state[Scenario.journalName] == nil)
  }

  @Test func `A change that throws, or in which a call of libhdf5's failed unnoticed, writes nothing`() throws
  {
    struct GaveUp: Error {}
    let scenario = Scenario(operation: .add, superblock: 0)
    for isNoticed in [true, false] {
      let disk = SimulatedDisk(try scenario.start())
      #expect(throws: (any Error).self) {
        try H5Transaction.locking(SimulatedDisk.place(Scenario.fileName), calls: disk) {
          try $0.change { root in
            try scenario.operation.apply(root)
            if isNoticed { throw GaveUp() }
            try? root.remove("nothing of that name")
          }
        }
      }
      #expect(
        !disk.calls.contains { call in
          if case .write = call { true } else { false }
        })
    }
  }

  @Test func `A change that changes nothing writes nothing`() throws {
    let scenario = Scenario(operation: .overwrite, superblock: 0)
    let disk = SimulatedDisk(DiskState([Scenario.fileName: try scenario.undisturbed().new]))
    #expect(try scenario.commit(on: disk) == CommitReceipt.nothing)
    #expect(!disk.calls.contains(.synchronise(Scenario.fileName)))
  }
}
