import Inference
import Testing
import Vocabulary

@Suite struct JobSeedTests {
  @Test func `The seeds are those of the documented mix`() {
    // Computed in Python from the documentation, with integers modulo 2 ** 64.
    let seeds = JobSeed(seed: 42, taste: .all, unitRows: [0, 3])
    #expect(seeds.split == 0x7420_8da9_787c_4b25)
    #expect(seeds.training == 0x66af_cbf9_92eb_0d2f)
  }

  @Test func `Jobs that differ in seed, taste or units share no seed`() {
    let seeds = [
      JobSeed(seed: 0, taste: .index(0), unitRows: [0, 1]),
      JobSeed(seed: 1, taste: .index(0), unitRows: [0, 1]),
      JobSeed(seed: 0, taste: .index(1), unitRows: [0, 1]),
      JobSeed(seed: 0, taste: .all, unitRows: [0, 1]),
      JobSeed(seed: 0, taste: .index(0), unitRows: [0]),
      JobSeed(seed: 0, taste: .index(0), unitRows: [1, 0]),
      JobSeed(seed: 0, taste: .index(0), unitRows: [0, 2]),
    ]
    #expect(Set(seeds.flatMap { [$0.split, $0.training] }).count == 2 * seeds.count)
  }
}
