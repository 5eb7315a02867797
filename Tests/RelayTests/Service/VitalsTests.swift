import Model
import Support
import Testing

@testable import dlr_relay

@Suite struct VitalsTests {
  private static func vitals(answered: Set<Vitals.Part> = Set(Vitals.Part.allCases)) -> Vitals {
    var vitals = Vitals()
    for part in vitals.ask() where answered.contains(part) { vitals.answered(part) }
    return vitals
  }

  @Test func `who answers in all its parts is alive`() {
    #expect(Self.vitals().dead(storeTurn: nil) == [])
    #expect(Self.vitals().isComplete)
  }

  @Test(arguments: Vitals.Part.allCases)
  func `a part that does not turn is dead, until it answers after all`(_ part: Vitals.Part) {
    var vitals = Self.vitals(answered: Set(Vitals.Part.allCases).subtracting([part]))
    #expect(vitals.dead(storeTurn: nil) == [part])
    // Who owes an answer is not asked again, so that questions do not pile up.
    #expect(!vitals.ask().contains(part))
    for part in Vitals.Part.allCases { vitals.answered(part) }
    #expect(vitals.dead(storeTurn: nil) == [])
  }

  @Test func `a door that takes no connection is dead, and asked again`() {
    var vitals = Self.vitals(answered: Set(Vitals.Part.allCases).subtracting([.publicDoor]))
    vitals.answered(.publicDoor, isFine: false)
    #expect(vitals.dead(storeTurn: nil) == [.publicDoor])
    #expect(vitals.ask().contains(.publicDoor))
    for part in Vitals.Part.allCases { vitals.answered(part) }
    #expect(vitals.dead(storeTurn: nil) == [])
  }

  @Test func `a writer that waits for the disk is alive for as long as that takes, and one that goes round in circles is not`() {
    let vitals = Self.vitals(answered: Set(Vitals.Part.allCases).subtracting([.store]))
    #expect(vitals.dead(storeTurn: .milliseconds(3)) == [])
    #expect(vitals.dead(storeTurn: Vitals.turnProcessorTimeMax) == [])
    #expect(vitals.dead(storeTurn: Vitals.turnProcessorTimeMax + .milliseconds(1)) == [.store])
    // Neither at work nor to be woken.
    #expect(vitals.dead(storeTurn: nil) == [.store])
  }

  @Test(arguments: [Duration.milliseconds(300), .seconds(2), .seconds(60)])
  func `a look is over before the next, and two may come to nothing`(_ watchdog: Duration) {
    #expect(Vitals.answerTimeMax(watchdog) < Vitals.lookEvery(watchdog))
    #expect(Vitals.lookEvery(watchdog) * 3 <= watchdog)
  }
}

@Suite(.timeLimit(.minutes(10))) struct WatchdogTests {
  @Test func `nothing is said of a relay in which a part is stuck, until that turns again`() async throws {
    let (listener, stuck) = (try NotifySocket(isAbstract: true), Tape<[Vitals.Part]>())
    let owed = Tape<@Sendable (Bool) -> Void>()
    let watchdog = Watchdog(.milliseconds(300), ServiceManager(listener.address), storeTurn: { nil }, died: stuck.append) {
      part, answered in
      if part == .deliver, owed.all.isEmpty { owed.append(answered) } else { answered(true) }
    }
    watchdog.start()
    defer { watchdog.stop() }
    #expect(try await stuck.first(3) == [[.deliver], [.deliver], [.deliver]])
    #expect(listener.pending == 0)
    owed.all[0](true)
    #expect(try listener.next() == "WATCHDOG=1")
  }
}
