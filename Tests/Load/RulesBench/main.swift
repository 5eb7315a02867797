import Foundation
import Model
import Route

/// Prints as JSON what a report costs to route, by the number of routes, and how long a file with the most of them takes to load.
/// Not part of the relay: Tests/Load/run.sh builds and runs it.

let sizes = [10, 1_000, 10_000]
let rounds = 7
let clock = ContinuousClock()

func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

struct Measured: Encodable {
  /// Of the median round; by the number of routes.
  var nanosecondsPerReport: [String: Double] = [:]
  /// Of the rounds' ratios: the most routes to the fewest.
  var ratio = 0.0
  var matchedShare: [String: Double] = [:]
  var fileBytes = 0
  /// From the bytes of the file to rules that can be asked.
  var loadSeconds = 0.0
}

var measured = Measured()
let benches = sizes.map { size in
  let rules = Rules(count: size)
  return (size: size, rules: RuleSet(rules.routes), reports: rules.reports(4_000, seed: 7))
}

var times = Array(repeating: [Double](), count: sizes.count)
for round in 0...rounds {
  // In turns, since what slows the machine down for a while slows all of them.
  for (index, bench) in benches.enumerated() {
    var copies = 0
    let took = clock.measure {
      for _ in 0..<20 {
        for report in bench.reports { copies += bench.rules.route(report).targets.count }
      }
    }
    let asked = Double(bench.reports.count * 20)
    measured.matchedShare["\(bench.size)"] = Double(copies) / asked
    // The first is to warm up.
    if round > 0 { times[index].append(took / .nanoseconds(1) / asked) }
  }
}
for (index, size) in sizes.enumerated() { measured.nanosecondsPerReport["\(size)"] = median(times[index]) }
measured.ratio = median(zip(times[sizes.count - 1], times[0]).map { $0 / $1 })

let file = Array(Rules.file(count: sizes[sizes.count - 1]).utf8)
measured.fileBytes = file.count
let nothing = Variables(environment: { _ in nil }, contents: { _ in throw CocoaError(.fileNoSuchFile) })
measured.loadSeconds = median(
  (0..<3).map { _ in
    let took = clock.measure {
      let reading = RuleFile.read(file, named: "routes.yaml", variables: nothing)
      guard let configuration = reading.configuration else {
        fatalError("the file has errors: \(reading.diagnostics.prefix(3).map(\.summary))")
      }
      guard RuleSet(configuration.routes).route(benches[0].reports[0]).targets.count < sizes[sizes.count - 1] else { fatalError() }
    }
    return took / .seconds(1)
  })

let encoder = JSONEncoder()
encoder.keyEncodingStrategy = .convertToSnakeCase
encoder.outputFormatting = [.sortedKeys]
print(String(decoding: try encoder.encode(measured), as: UTF8.self))
