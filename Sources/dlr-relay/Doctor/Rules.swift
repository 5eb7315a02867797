import Model
import Route
import Store

/// What the facts mean, and what to do. Pure: every bound is a name, and says why.
enum DoctorRules {
  /// A commit waits for one fsync. Above this an app of the provider that sends one report after the other gets less than 50 a second.
  static let syncSlow: Duration = .milliseconds(20)
  /// One that stalls so long holds up everybody who waits for a 200; `receive.deadline` (5 s) is not far.
  static let syncStall: Duration = .seconds(1)
  /// No disk is so quick: it confirms what is only in a cache, or the folder is in memory.
  static let syncTooQuick: Duration = .microseconds(20)
  /// Apps that verify signatures refuse what is 5 minutes off (Standard Webhooks); before that happens.
  static let clockOffMax: Duration = .seconds(60)
  /// Automatic certificates are renewed 30 days before their end.
  static let certificateSoon: Duration = .days(14)

  // MARK: - Configuration

  static func configuration(_ file: String, errors: Int, warnings: Int, routes: Int) -> Finding {
    let command = "see them with: dlr-relay check --config \(file)"
    if errors > 0 {
      return .error("rule file", "\(count(errors, "error")), \(count(warnings, "warning")); the relay does not start with \(file)", command)
    }
    if warnings > 0 { return .warning("rule file", "\(count(routes, "route")), \(count(warnings, "warning"))", command) }
    return .ok("rule file", "\(count(routes, "route")), nothing is wrong with it")
  }

  /// - Parameter tokens: by what they are called.
  static func tokens(_ tokens: [(name: String, value: Secret)]) -> [Finding] {
    let weak = tokens.compactMap { name, value in
      TokenStrength.weakness(of: value.reveal()).map {
        Finding.warning("token", "\(name) is one \($0) and can be guessed", "make one with: openssl rand -hex 32")
      }
    }
    return weak.isEmpty ? [.ok("token", "\(count(tokens.count, "token")), none easy to guess")] : weak
  }

  static func statusDoor(_ settings: StatusSettings) -> Finding {
    guard !settings.listen.isLoopback else {
      return .ok("status door", "\(settings.listen), for this machine" + (settings.token == nil ? "" : ", with a token"))
    }
    return .note(
      "status door", "\(settings.listen) is reached from other machines, with a token, over plain HTTP",
      "put TLS in front of it, or let it listen on 127.0.0.1")
  }

  static func files(_ files: [Facts.File]) -> [Finding] {
    let open = files.filter { $0.mode & 0o007 != 0 }.map { file in
      Finding.warning(
        "files", "everybody on this machine may use \(file.path), which holds \(file.what) (mode \(String(file.mode, radix: 8)))",
        "chmod o= \(file.path)")
    }
    return open.isEmpty && !files.isEmpty ? [.ok("files", "\(count(files.count, "file")) with secrets, none for everybody")] : open
  }

  // MARK: - The relay and its store

  static func relay(_ relay: Facts.Relay, status: Endpoint, version: String, fingerprint: String, restart: String) -> [Finding] {
    switch relay {
    case .stopped: return [.note("relay", "none runs with this rule file", "start it with: dlr-relay serve")]
    case .hidden(let pid):
      return [
        .error(
          "relay", "process \(pid) has the store, and no relay answers on \(status)",
          "set status.listen to what that one was started with, or restart it")
      ]
    case .foreign(let words): return [.error("relay", words, "check status.listen and status.token")]
    case .running(let running):
      var findings: [Finding] = []
      if running.version != version {
        findings.append(.warning("relay", "\(running.version) runs, and this is \(version)", restart))
      }
      if let error = running.lastError {
        findings.append(.error("relay", "it refused the rule file and goes by an older one: \(error)", "mend the file"))
      } else if running.fingerprint != fingerprint {
        findings.append(
          .warning("relay", "it goes by another rule file (\(running.fingerprint)) than this one (\(fingerprint))", "reload it: SIGHUP"))
      }
      if !running.needsRestart.isEmpty {
        findings.append(.warning("relay", "a change of \(running.needsRestart.joined(separator: ", ")) waits", restart))
      }
      if !running.holdsReserve {
        findings.append(.error("relay", "it takes no reports, since its reserve of disk space is gone", "make room on the store's disk"))
      }
      return findings.isEmpty ? [.ok("relay", "\(running.version) runs as process \(running.pid), by this rule file")] : findings
    }
  }

  static func store(_ facts: Facts.Store, isRunning: Bool) -> Finding {
    switch facts.reading {
    case .missing:
      return isRunning
        ? .error("store", "a relay runs, and \(facts.path) is gone", "stop it and restore a backup")
        : .note("store", "there is none at \(facts.path) yet; the relay makes it when it starts")
    case .unreadable(.damaged(_, let words)):
      return .error(
        "store", "\(facts.path) is damaged: \(words)",
        "keep a copy of it and of its -wal, and put a backup in its place: dlr-relay restore FILE")
    case .unreadable(let error):
      // It ends with what to do.
      let words = "\(error)"
      guard let cut = words.firstRange(of: "; ") else { return .error("store", words, "look who may read it") }
      return .error("store", String(words[..<cut.lowerBound]), String(words[cut.upperBound...]))
    case .read(let found):
      let how = facts.isThorough ? "with its indexes" : "without its indexes; with them: --thorough"
      return .ok("store", "\(numbers(found)); read through without a fault, \(how)")
    case .partly(let found, let time):
      return .note(
        "store", "\(numbers(found)); read for \(spoken(time)) without a fault, and not to its end", "to read all of it: --thorough")
    }
  }

  private static func numbers(_ found: StoreExamination) -> String {
    "\(grouped(found.reports)) reports, \(grouped(found.waiting)) copies wait, \(grouped(found.dead)) given up, layout \"\(found.schema)\""
  }

  // MARK: - The machine

  static func disk(_ space: DiskSpace?) -> Finding {
    guard let space else { return .note("disk", "it does not say how much room it has") }
    let text = "\(sized(space.free)) of \(sized(space.total)) free on the store's disk"
    if space.free < Limits.reserveBytes * 2 { return .error("disk", text, "make room: without it no report is taken") }
    if space.isLow { return .warning("disk", "\(text), less than \(sized(space.limit))", "make room: when it is full no report is taken") }
    return .ok("disk", text)
  }

  static func syncing(_ facts: Facts.Syncing?, folder: String) -> Finding {
    guard let facts, !facts.times.isEmpty else {
      return .note("fsync", "not measured, since nothing may be written in \(folder)", "run this as the relay's user, or as root")
    }
    let rate = Int(1 / max(facts.median.seconds, 0.000_001))
    let text =
      "median \(shown(facts.median)), worst \(shown(facts.worst)) of \(facts.times.count): at most about \(grouped(rate)) commits a second, "
      + "each with all reports that came meanwhile"
    if facts.worst >= syncStall { return .warning("fsync", text, "find what stalls the disk: reports wait as long for their 200") }
    if facts.median >= syncSlow { return .warning("fsync", text, "put the store on a quicker disk") }
    if facts.median <= syncTooQuick {
      return .note("fsync", text, "no disk is so quick: make sure that it keeps what it has confirmed when the power fails")
    }
    return .ok("fsync", text)
  }

  /// - Parameter needed: what the rule file asks for, of connections and everything else.
  static func openFiles(_ limit: Int?, needed: Int) -> Finding {
    guard let limit else { return .note("open files", "the relay's limit cannot be read by this user") }
    guard limit < needed else { return .ok("open files", "\(grouped(limit)) allowed, \(grouped(needed)) needed at most") }
    return .warning(
      "open files", "\(grouped(limit)) allowed, \(grouped(needed)) needed at most: fewer connections are taken",
      "raise it (LimitNOFILE, ulimit -Hn), or lower receive.connections")
  }

  static func clock(_ facts: Facts.Clock) -> [Finding] {
    var findings: [Finding] = []
    let advice = "set the clock by NTP, for example with systemd-timesyncd or chrony"
    if let other = facts.otherClock, abs(facts.now - other) > clockOffMax {
      findings.append(.error("clock", "it differs by \(spoken(abs(facts.now - other))) from what the public URL answers", advice))
    }
    if let last = facts.lastReportAt, last - facts.now > clockOffMax {
      findings.append(
        .warning("clock", "the last report came \(spoken(last - facts.now)) in the future: the clock was set back", advice))
    }
    if !facts.isSynchronised {
      findings.append(.note("clock", "nothing keeps it synchronised, as far as the kernel knows", advice))
    }
    return findings.isEmpty ? [.ok("clock", "synchronised")] : findings
  }

  private static func abs(_ duration: Duration) -> Duration { duration < .zero ? .zero - duration : duration }

  // MARK: - Others

  static func reach(_ facts: Facts.Reach, at now: Instant) -> Finding {
    let (topic, origin) = (facts.topic, facts.origin)
    switch facts.outcome {
    case .connected(let took):
      let text = "\(origin) answers within \(shown(took))"
      guard facts.isEncrypted else { return .ok(topic, text) }
      guard let end = facts.certificateEnds else { return .ok(topic, "\(text), its certificate is valid") }
      let left = end - now
      let days = Int(left.seconds / 86_400)
      guard left >= certificateSoon else {
        return .warning(topic, "\(text), its certificate ends in \(count(days, "day"))", "have it renewed")
      }
      return .ok(topic, "\(text), its certificate is valid for \(count(days, "day"))")
    case .noAddress: return .error(topic, "the host of \(origin) has no address", "check the name, and the machine's DNS")
    case .refused: return .error(topic, "\(origin) refuses the connection", "start what listens there, or correct the port")
    case .unreachable: return .error(topic, "\(origin) cannot be reached", "check the network and its firewalls")
    case .timedOut: return .error(topic, "\(origin) does not answer", "check the network and its firewalls")
    case .tls(let words):
      return .error(topic, "\(origin) cannot be trusted: \(words)", "mend it there; nothing is sent to it")
    case .other(let words): return .error(topic, "\(origin): \(words)", "check the address")
    }
  }

  /// - Parameters:
  ///   - instance: of the relay that runs here; nil if none does.
  static func publicAnswer(_ facts: Facts.PublicAnswer, origin: String, instance: String?) -> Finding {
    let topic = "public URL"
    if let redirect = facts.redirect {
      return .error(topic, "\(origin) redirects to \(redirect)", "let it answer itself: who posts reports does not follow")
    }
    guard facts.isReady else {
      switch facts.status {
      case 401: return .error(topic, "what answers at \(origin) knows no token of this rule file", "check which relay the proxy passes to")
      case 404: return .error(topic, "what answers at \(origin) does not know the path", "let the proxy pass receive.path on")
      case 502...504:
        return .error(topic, "the proxy at \(origin) does not reach the relay (\(facts.status))", "check where it passes requests to")
      default:
        return .error(
          topic, "what answers at \(origin) is no relay (\(facts.status))", "check the name, and where the proxy passes requests to")
      }
    }
    guard let instance else { return .note(topic, "a relay answers at \(origin); none runs here to compare it with") }
    guard let answered = facts.instance else {
      return .note(topic, "a relay answers at \(origin); whether it is this one the proxy does not let through")
    }
    guard answered == instance else {
      return .error(topic, "another relay than this one answers at \(origin)", "check where the proxy passes requests to")
    }
    return .ok(topic, "\(origin) leads to this relay, with the first token")
  }

  static func noPublicURL() -> Finding {
    .note("public URL", "not set, so it is not known what the provider calls", "set receive.public_url")
  }

  static func localDoor(_ facts: Facts.PublicAnswer?, listen: Endpoint) -> Finding {
    guard let facts else { return .error("public door", "nothing answers on \(listen)", "look at the relay's log") }
    return facts.isReady
      ? .ok("public door", "\(listen) is ready, with the first token")
      : .error("public door", "what listens on \(listen) answers \(facts.status)", "restart the relay, if the path or the token changed")
  }

  private static func count(_ number: Int, _ noun: String) -> String { "\(grouped(number)) \(noun)\(number == 1 ? "" : "s")" }

  private static func shown(_ duration: Duration) -> String {
    let milliseconds = duration.milliseconds
    if milliseconds >= 1_000 { return spoken(duration) }
    return milliseconds >= 10 ? "\(Int(milliseconds)) ms" : "\((milliseconds * 100).rounded() / 100) ms"
  }
}
