import Logging
import Model

/// Lines for a person at a terminal: `04:32:24.123 warning  the app takes no copies: they wait  route=shop`, in UTC.
package struct HumanLogHandler: LogHandler {
  private static let levelWidth = 8
  private var base: LogBase
  private let hasColour: Bool

  package init(
    label: String, level: SharedLevel, isOfLibrary: Bool = false, hasColour: Bool, sink: LogSink, clock: @escaping Clock
  ) {
    base = LogBase(label: label, sink: sink, clock: clock, shared: level, isOfLibrary: isOfLibrary)
    self.hasColour = hasColour
  }

  package var logLevel: Logger.Level {
    get { base.level }
    set { base.level = newValue }
  }

  package var metadata: Logger.Metadata {
    get { base.metadata }
    set { base.metadata = newValue }
  }

  package var metadataProvider: Logger.MetadataProvider? {
    get { base.provider }
    set { base.provider = newValue }
  }

  package subscript(metadataKey key: String) -> Logger.MetadataValue? {
    get { base.metadata[key] }
    set { base.metadata[key] = newValue }
  }

  package func log(event: LogEvent) {
    // To the millisecond, without the date.
    let time = base.clock().rfc3339.dropFirst(11).prefix(12)
    let level = event.level.rawValue
    let padding = String(repeating: " ", count: max(0, Self.levelWidth - level.count))
    var line = "\(time) \(coloured(level, as: event.level))\(padding) \(oneLine(event.message.description))"
    var metadata = base.merged(with: event)
    if let repetition = Self.repetition(in: &metadata) { line += "  (\(repetition))" }
    for (key, value) in metadata {
      let text = oneLine(value.description)
      line += "  \(oneLine(key))=" + (text.contains(" ") || text.isEmpty ? "\"\(text)\"" : text)
    }
    base.sink.write(line)
  }

  /// `412 more times in 60 s`, where that is said.
  private static func repetition(in metadata: inout [(key: String, value: Logger.MetadataValue)]) -> String? {
    guard let more = metadata.first(where: { $0.key == EventLog.moreKey }),
      let within = metadata.first(where: { $0.key == EventLog.withinKey })
    else { return nil }
    metadata.removeAll { $0.key == EventLog.moreKey || $0.key == EventLog.withinKey }
    return "\(more.value) more \(more.value.description == "1" ? "time" : "times") in \(within.value)"
  }

  private func coloured(_ text: String, as level: Logger.Level) -> String {
    guard hasColour else { return text }
    switch level {
    case .critical, .error: return "\u{1B}[31m\(text)\u{1B}[0m"
    case .warning: return "\u{1B}[33m\(text)\u{1B}[0m"
    case .notice: return "\u{1B}[36m\(text)\u{1B}[0m"
    case .info, .debug, .trace: return text
    }
  }

  /// Control characters as `\u{..}`: what an app answered must neither make a second line nor steer the terminal. So are those that turn
  /// the direction of what follows, or are not seen.
  private func oneLine(_ text: String) -> String {
    var shown = ""
    for scalar in text.unicodeScalars {
      if [.control, .format].contains(scalar.properties.generalCategory) || scalar == "\u{2028}" || scalar == "\u{2029}" {
        shown += "\\u{\(String(scalar.value, radix: 16))}"
      } else {
        shown.unicodeScalars.append(scalar)
      }
    }
    return shown
  }
}
