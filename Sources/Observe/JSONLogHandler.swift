import Logging
import Model

/// One JSON object a line: `time`, `level`, `message`, `logger`, and the metadata beside them. A
/// metadata value is a string, an array or an object, never a number, as swift-log has it.
package struct JSONLogHandler: LogHandler {
  /// A metadata key with one of these names gets an underscore, so that no line has a member twice.
  private static let reserved: Set<String> = ["time", "level", "message", "logger"]
  private var base: LogBase

  package init(label: String, level: SharedLevel, isOfLibrary: Bool = false, sink: LogSink, clock: @escaping Clock) {
    base = LogBase(label: label, sink: sink, clock: clock, shared: level, isOfLibrary: isOfLibrary)
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
    var line = "{\"time\":\"\(base.clock().rfc3339)\",\"level\":\"\(event.level.rawValue)\",\"message\":"
    line.appendJSON(event.message.description)
    line.append(",\"logger\":")
    line.appendJSON(base.label)
    for (key, value) in base.merged(with: event) {
      line.append(",")
      line.appendJSON(Self.reserved.contains(key) ? key + "_" : key)
      line.append(":")
      append(value, to: &line)
    }
    line.append("}")
    base.sink.write(line)
  }

  private func append(_ value: Logger.MetadataValue, to line: inout String) {
    switch value {
    case .string(let text): line.appendJSON(text)
    case .stringConvertible(let convertible): line.appendJSON(convertible.description)
    case .array(let values):
      line.append("[")
      for (index, value) in values.enumerated() {
        if index > 0 { line.append(",") }
        append(value, to: &line)
      }
      line.append("]")
    case .dictionary(let members):
      line.append("{")
      for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
        if index > 0 { line.append(",") }
        line.appendJSON(member.key)
        line.append(":")
        append(member.value, to: &line)
      }
      line.append("}")
    }
  }
}
