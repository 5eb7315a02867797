import ArgumentParser
import Model
import Status
import Traffic

/// Which copies are meant. Every option that is given narrows it.
struct SelectionOptions: ParsableArguments {
  @Option(help: "Copies of this report, by the provider's id; all its statuses.")
  var id: Int64?
  @Option(help: "Copies for this route.")
  var route: String?
  @Option(
    help: "Of reports received at this time or later: 2026-11-23T12:34:56Z, or an age such as 90m, 2h, 3d.", transform: timeOption)
  var since: Instant?
  @Option(help: "Of reports received before this time, or longer ago than this age.", transform: timeOption)
  var until: Instant?
  @Flag(help: "Every one, where neither --id nor --route nor --since is given.")
  var all = false

  func validate() throws {
    let isNarrow = id != nil || route != nil || since != nil
    guard isNarrow || all else { throw ValidationError("say which are meant: --id, --route or --since, or --all for every one") }
    guard !(isNarrow && all) else { throw ValidationError("--all does not go together with --id, --route or --since") }
    if let since, let until, since >= until { throw ValidationError("--since must be before --until") }
  }

  func request(state: DeliveryState, rate: Double? = nil) -> SelectionRequest {
    var request = SelectionRequest()
    request.reportID = id
    request.route = route
    request.state = state.rawValue
    request.since = since?.rfc3339
    request.until = until?.rfc3339
    request.rate = rate
    request.all = all ? true : nil
    return request
  }
}

/// The transform of an option that takes a time.
@Sendable func timeOption(_ text: String) throws -> Instant {
  if let instant = Instant(rfc3339: text) { return instant }
  guard let age = DurationText.parse(text) else {
    throw ValidationError("give a time such as 2026-11-23T12:34:56Z, or an age such as 90m, 2h or 3d")
  }
  return systemClock() - age
}
