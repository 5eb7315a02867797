import Model
import Testing
import Traffic

@Suite struct WindowTests {
  private let ok = Outcome.answered(status: 200)
  private let refused = Outcome.answered(status: 500)
  private let down = Outcome.failed(.refused)

  @Test func `a window begins whole, halves on outages and grows by one with each delivery`() {
    var window = Window(sizeMax: 16)
    #expect(window.size == 16)
    window.settled(down)
    #expect(window.size == 8)
    window.settled(ok)
    window.settled(ok)
    #expect(window.size == 10)
  }

  @Test(arguments: [Outcome.failed(.refused), .failed(.timeoutFirstByte), .answered(status: 429)])
  func `one burst of outages counts once, though all that was in flight fails`(_ outcome: Outcome) {
    var window = Window(sizeMax: 16)
    for _ in 1...16 { window.settled(outcome) }
    #expect(window.size == 8)
    window.settled(outcome)
    #expect(window.size == 4)
    for _ in 1...200 { window.settled(outcome) }
    #expect(window.size == 1)
  }

  @Test func `an app that answers some reports with an error keeps its window`() {
    var window = Window(sizeMax: 4)
    for _ in 1...100 {
      window.settled(refused)
      window.settled(ok)
    }
    #expect(window.size == 4)
  }

  @Test func `a window halves when most of a window's worth of answers are errors`() {
    var window = Window(sizeMax: 4)
    for _ in 1...3 { window.settled(refused) }
    #expect(window.size == 4)
    window.settled(refused)
    #expect(window.size == 2)
    for _ in 1...20 { window.settled(refused) }
    #expect(window.size == 1)
  }

  @Test func `most is most, also when the last of them is a delivery`() {
    var window = Window(sizeMax: 4)
    for _ in 1...3 { window.settled(refused) }
    window.settled(ok)
    #expect(window.size == 2)
    var half = Window(sizeMax: 4)
    for outcome in [refused, ok, refused, ok] { half.settled(outcome) }
    #expect(half.size == 4)
  }

  @Test func `after an outage a window starts from one`() {
    var window = Window(sizeMax: 4)
    window.restart()
    #expect(window.size == 1)
    for size in [2, 3, 4, 4] {
      window.settled(ok)
      #expect(window.size == size)
    }
  }

  @Test func `resizing takes effect at once downwards and by growing upwards`() {
    var window = Window(sizeMax: 8)
    window.resize(sizeMax: 3)
    #expect(window.size == 3)
    window.resize(sizeMax: 100)
    #expect(window.size == 3)
    window.settled(ok)
    #expect(window.size == 4)
  }

  @Test(arguments: 1...50 as ClosedRange<UInt64>)
  func `a window stays between one and its maximum, and shrinks at most once in a window of answers`(_ seed: UInt64) {
    var rng = SplitMix64(seed: seed)
    var window = Window(sizeMax: 1 + rng.below(64))
    /// Of the answers since the window shrank, so many must come before it may again.
    var answersDue = 0
    for _ in 0..<500 {
      let before = window
      switch rng.below(20) {
      case 0:
        window.restart()
        answersDue = 0
      case 1: window.resize(sizeMax: 1 + rng.below(64))
      case 2..<10:
        window.settled(ok)
        answersDue -= 1
        if window.size < before.size {
          #expect(answersDue <= 0)
          answersDue = before.size
        }
      case 10..<13:
        window.settled(refused)
        answersDue -= 1
        if window.size < before.size {
          #expect(answersDue <= 0)
          answersDue = before.size
        }
      default:
        window.settled(down)
        answersDue -= 1
        if window.size < before.size {
          #expect(answersDue <= 0)
          answersDue = before.size
        }
        #expect(window.size >= max(1, before.size / 2))
      }
      #expect((1...window.sizeMax).contains(window.size))
    }
  }
}
