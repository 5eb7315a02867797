import Foundation
import Support
import Testing

/// Hundreds of seeds by default. `SIMULATION_SEEDS=5000` runs more, `SIMULATION_SEED=17` runs one alone and prints all of it.
@Suite(.ownThread, .serialized) struct SimulationTests {
  private static let seeds: [UInt64] = {
    let environment = ProcessInfo.processInfo.environment
    if let seed = environment["SIMULATION_SEED"].flatMap(UInt64.init) { return [seed] }
    return Array(1...(environment["SIMULATION_SEEDS"].flatMap(UInt64.init) ?? 300))
  }()

  @Test(arguments: seeds)
  func `no fault of an app, the disk or the process loses a report or breaks a promise`(seed: UInt64) throws {
    let story = try Story(of: seed)
    let isAlone = Self.seeds.count == 1
    let trace = story.trace.suffix(isAlone ? .max : 40).joined(separator: "\n")
    if isAlone { print(trace) }
    #expect(story.flaw == nil, "\(trace)\nseed \(seed): run it alone with SIMULATION_SEED=\(seed)")
  }

  @Test func `a seed is always the same story`() throws {
    let stories = [try Story(of: 7), try Story(of: 7)]
    #expect(stories[0] == stories[1])
    #expect(stories[0].trace.count > 100)
  }
}

private struct Story: Equatable {
  var flaw: String?
  var trace: [String]

  init(of seed: UInt64) throws {
    let world = try World(seed: seed)
    flaw = try world.run()
    trace = world.trace
  }
}
