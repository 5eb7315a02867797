import Model

/// `Health` in a language.
struct HealthWords {
  let health: Health
  let phrases: Phrases

  private var words: Words { phrases.words }
  private var say: any Sentences { phrases.words.sentences }

  /// All is well, or the worst trouble.
  var sentence: String {
    if let worst = health.problems.first { return text(worst) }
    if health.dead > 0 { return say.nothingWrongButDead(phrases.number(health.dead), health.dead) }
    if health.waiting > 0 { return say.onTheirWay(phrases.number(health.waiting), health.waiting) }
    return health.reports == 0 ? say.noReportEver() : say.allDelivered()
  }

  /// Without a full stop.
  func text(_ trouble: Trouble) -> String {
    switch trouble {
    case .storeNotWritable(let cause, _): return say.storeNotWritable(cause)
    case .doorSilent: return say.doorSilent()
    case .storeUnreadable: return say.storeUnreadable()
    case .diskLow(let disk, _): return say.diskLow(phrases.size(disk.free))
    case .failing(let route, let since, let waiting, _):
      return say.failing(route, lasting: since.map(lasting), waiting: phrases.number(waiting))
    case .gone(let route, let since, let waiting): return say.gone(route, ago: since.map(ago), waiting: phrases.number(waiting))
    case .oldestWaiting(let route, let since, let waiting, _, _):
      return say.oldestWaiting(route, lasting: lasting(since), waiting: phrases.number(waiting))
    case .silence(let since, let isNever): return say.silence(lasting(since), isNever: isNever)
    case .fileRefused(let at, _, _): return say.fileRefused(ago: at.map(ago))
    case .needsRestart(let keys): return say.needsRestart(keys.joined(separator: ", "))
    case .removed(let route, let waiting): return say.removed(route, phrases.number(waiting), waiting)
    case .pausedByOperator(let route, let since, let waiting):
      return say.pausedByOperator(route, ago: since.map(ago), waiting: phrases.number(waiting))
    case .pausedInFile(let route, let waiting): return say.pausedInFile(route, waiting: phrases.number(waiting))
    case .givenUp(let route, let count, _): return say.givenUp(route, phrases.number(count), count)
    case .quarantined(let count): return say.quarantined(phrases.number(count), count)
    case .unmatched(let count): return say.unmatched(phrases.number(count), count)
    }
  }

  /// What it means, and what to do.
  func detail(_ trouble: Trouble) -> String? {
    switch trouble {
    case .storeNotWritable: say.storeNotWritableDetail()
    case .doorSilent: say.doorSilentDetail()
    case .diskLow(let disk, _): say.diskLowDetail(phrases.size(disk.limit))
    case .failing: say.failingDetail()
    case .gone: say.goneDetail(every: phrases.short(Limits.goneProbeEvery))
    case .oldestWaiting(_, _, _, let until, _): until.map { say.leftAlone(phrases.short($0 - health.now)) }
    case .silence: say.silenceDetail()
    case .needsRestart: say.needsRestartDetail()
    case .removed: say.removedDetail()
    case .pausedInFile: say.pausedInFileDetail()
    case .quarantined: say.quarantinedDetail()
    case .unmatched: say.unmatchedDetail()
    case .storeUnreadable, .fileRefused, .pausedByOperator, .givenUp: nil
    }
  }

  private func lasting(_ since: Instant) -> String { phrases.lasting(health.now - since) }
  private func ago(_ at: Instant) -> String { phrases.ago(at, at: health.now) }
}

/// The words of a route's last failed try, which are the program's own where it got no answer.
struct ErrorWords {
  var text: String
  /// They come from elsewhere, or have no translation.
  var isEnglish: Bool

  private static let causes: [String: TransportFailure] = {
    let english = EnglishSentences()
    return Dictionary(TransportFailure.allCases.map { (english.cause($0), $0) }) { first, _ in first }
  }()

  init(_ words: String, _ phrases: Phrases) {
    let say = phrases.words.sentences
    if phrases.words.code == Language.english.rawValue {
      (text, isEnglish) = (words, false)
    } else if let failure = Self.causes[words] {
      (text, isEnglish) = (say.cause(failure), false)
    } else if let match = words.wholeMatch(of: /answered ([0-9]+)/) {
      (text, isEnglish) = (say.answered(String(match.1)), false)
    } else if let match = words.wholeMatch(of: /(no connection|no answer|no complete answer) within ([0-9.]+) s/) {
      let failure: TransportFailure =
        switch match.1 {
        case "no connection": .timeoutConnect
        case "no answer": .timeoutFirstByte
        default: .timeoutWhole
        }
      (text, isEnglish) = (say.within(failure, String(match.2).replacing(".", with: phrases.words.decimal)), false)
    } else {
      (text, isEnglish) = (words, true)
    }
  }
}
