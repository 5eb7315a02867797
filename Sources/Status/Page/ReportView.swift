import Model
import Observe

/// The page of one report: what became of each of its statuses, as a line of time.
struct ReportView {
  private let id: Int64
  private let records: [ReportRecord]
  private let answers: [RulesAnswer?]
  private let now: Instant
  private let query: PageQuery
  private let phrases: Phrases

  /// - Parameter answers: of the rules as they are now, one for each record.
  init(id: Int64, _ records: [ReportRecord], _ answers: [RulesAnswer?], now: Instant, _ query: PageQuery) {
    (self.id, self.records, self.answers, self.now, self.query) = (id, records, answers, now, query)
    phrases = Phrases(query.language)
  }

  private var words: Words { phrases.words }
  private var say: any Sentences { phrases.words.sentences }

  var html: String {
    let heading = say.reportTitle(String(id))
    let address = "/status/reports/\(id)"
    var page = Frame.view(title: "\(heading) – dlr-relay", query.language, home: query.elsewhere("/status")) {
      query.elsewhere(address, language: $0)
    }
    page["searchPage"] = query.elsewhere("/status/search")
    page["heading"] = heading
    page["statuses"] = zip(records, answers).map(status)
    return Templates.shared.render("report", page, in: query.language)
  }

  private func status(_ record: ReportRecord, _ answer: RulesAnswer?) -> View {
    let personal = PersonalText(record.payload)
    let to = record.payload.flatMap(recipient).map(masked(phone:))
    var facts: [View] = [["name": words.received, "value": phrases.time(record.receivedAt)]]
    if let packet = record.packetID { facts.append(["name": words.packet, "value": String(packet)]) }
    facts.append(["name": words.to, "value": to ?? words.noNumber])
    facts.append(["name": words.state, "value": words.name(of: record.destiny)])
    if record.payload == nil { facts.append(["name": words.content, "value": words.bytesGone]) }
    return [
      "status": record.key.status, "stale": record.isStale ? words.stale : nil, "facts": facts, "events": arrivals(record),
      "routes": record.shares.map { share($0, hasBytes: record.payload != nil, personal) }, "rules": answer.map(rules),
      "reroute": record.destiny == .unmatched ? words.sendUnmatched : nil,
      "commands": Trouble.unmatched(1).commands.map { ["command": $0] as View },
    ]
  }

  private func arrivals(_ record: ReportRecord) -> [View] {
    var events = [event("note", record.receivedAt, say.receivedEvent())]
    if record.seen > 1 {
      let last = phrases.ago(record.lastSeenAt, at: now)
      events.append(event("note", record.lastSeenAt, say.repeated(phrases.number(record.seen), last: last)))
    }
    return events
  }

  private func event(_ tone: String, _ at: Instant?, _ text: String) -> View {
    ["tone": tone, "sign": StatusView.sign(tone), "time": at.map(phrases.time), "iso": at?.rfc3339, "text": text]
  }

  private func share(_ share: ReportRecord.Share, hasBytes: Bool, _ personal: PersonalText) -> View {
    var events: [View] = []
    var last = 0
    for attempt in share.attempts {
      if attempt.number > last + 1, last > 0 {
        events.append(event("note", nil, say.attemptsLeftOut(phrases.number(attempt.number - last - 1))))
      }
      last = attempt.number
      events.append(self.attempt(attempt, personal))
    }
    events.append(end(share))
    let replay = "dlr-relay queue replay --id \(id) --route \(shellQuoted(share.route))"
    let commands: [View] =
      switch share.state {
      case .dead where hasBytes: [["label": words.sendAgain, "command": replay]]
      case .delivered where hasBytes: [["label": words.sendAgain, "command": replay + " --state delivered"]]
      case .waiting, .dead, .delivered: []
      }
    let tone = share.state.tone
    return [
      "name": share.route, "state": words.name(of: share.state), "tone": tone, "sign": StatusView.sign(tone), "events": events,
      "commands": commands,
    ]
  }

  private func attempt(_ attempt: AttemptRecord, _ personal: PersonalText) -> View {
    let outcome: String =
      if attempt.status != 0 { say.answered(String(attempt.status)) } else {
        TransportFailure(rawValue: attempt.outcome).map(say.cause) ?? attempt.outcome
      }
    // The app may repeat what it was sent. Its words are shown where they say more than the outcome.
    let detail = personal.masked(in: attempt.detail)
    let isMore = !detail.isEmpty && ErrorWords(detail, phrases).text != outcome
    let answer = personal.masked(in: attempt.answer)
    return event("ill", attempt.startedAt, say.attempt(phrases.number(attempt.number), outcome)).adding([
      "took": phrases.took(attempt.took), "detail": isMore ? detail : nil, "answer": answer.isEmpty ? nil : answer,
    ])
  }

  /// How it ended, or what it waits for.
  private func end(_ share: ReportRecord.Share) -> View {
    let tries = phrases.number(share.tries)
    switch share.state {
    case .delivered: return event("well", share.at, say.deliveredAfter(tries, share.tries))
    case .dead: return event("ill", share.at, say.givenUpAfter(tries, share.tries))
    case .waiting:
      switch share.queue {
      case "held": return event("warn", nil, say.heldBack())
      case "replay": return event("warn", nil, say.replayWaits())
      default:
        // What is due and not sent waits for its route, not for its time.
        guard share.tries > 0, let at = share.at, at > now else { return event("warn", nil, say.waitsToBeSent()) }
        return event("warn", nil, say.nextTry(phrases.time(at)))
      }
    }
  }

  private func rules(_ answer: RulesAnswer) -> View {
    let verdict: String =
      switch answer.destiny {
      case "matched": words.wouldMatch
      case "unmatched": words.destinyUnmatched
      case "filtered": words.destinyFiltered
      default: answer.destiny
      }
    return [
      "verdict": verdict,
      "claimed": answer.claimedFor.isEmpty ? nil : say.claimedFor(answer.claimedFor.joined(separator: ", ")),
      "routes": answer.routes.map { route in
        [
          "name": route.name, "sign": route.copied ? "✓" : "–", "word": route.copied ? words.getsCopy : words.getsNone,
          "reason": masked(phoneGroupsIn: route.reason),
        ] as View
      },
    ]
  }
}

/// What stands where no report is.
struct MissingView {
  private let query: PageQuery
  private let isUnread: Bool

  /// - Parameter isUnread: the store could not be read, so that nobody knows.
  init(_ query: PageQuery, isUnread: Bool = false) { (self.query, self.isUnread) = (query, isUnread) }

  var html: String {
    let words = query.language.words
    var page = Frame.view(title: "\(words.missingReport) – dlr-relay", query.language, home: query.elsewhere("/status")) {
      query.elsewhere("/status", language: $0)
    }
    page["searchPage"] = query.elsewhere("/status/search")
    page["heading"] = isUnread ? words.storeUnread : words.missingReport
    page["text"] = isUnread ? "" : words.missingReportText
    return Templates.shared.render("missing", page, in: query.language)
  }
}
