import Model
import Support
import Testing

@testable import Observe

struct RepetitionTests {
  private let clock = ManualClock()

  private func line(_ about: String) -> Repetition.Line { Repetition.Line(level: .notice, message: "m", about: about) }

  @Test func `routes that come and go leave nothing behind, and thousands in trouble have a bound`() {
    var repetition = Repetition()
    var written = 0
    for n in 0..<(3 * Repetition.linesMax) where repetition.write(line("route \(n)"), at: clock.now, { [:] }) != nil { written += 1 }
    // One of the rest is written, and stands for them.
    #expect(written == Repetition.linesMax + 1)
    #expect(repetition.count == Repetition.linesMax + 1)
    clock.advance(by: Repetition.window)
    let held = repetition.due(at: clock.now)
    #expect(held.map(\.count) == [2 * Repetition.linesMax - 1])
    #expect(held.map(\.metadata) == [[:]])
    clock.advance(by: Repetition.window)
    #expect(repetition.due(at: clock.now).isEmpty)
    #expect(repetition.count == 0)
  }

  @Test func `words are made only for a line that is written and for the first that is held back`() {
    var repetition = Repetition()
    var made = 0
    for _ in 0..<100 {
      _ = repetition.write(line("shop"), at: clock.now) {
        made += 1
        return ["n": "\(made)"]
      }
    }
    #expect(made == 2)
    #expect(repetition.due(at: clock.now, isEnding: true).map(\.metadata) == [["n": "2"]])
  }
}
