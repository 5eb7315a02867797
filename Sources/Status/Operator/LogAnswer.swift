import Foundation
import Logging
import Model
import Observe

/// From which level on the relay logs.
package struct LogAnswer: Codable, Sendable, Equatable {
  package var level: String
  /// As it was started, and as it will be again.
  package var usual: String
  /// When it is the usual one again; null: not by itself.
  @OrNull package var until: String?

  init(_ state: LogLevels.State) {
    level = state.level.rawValue
    usual = state.usual.rawValue
    until = state.until?.rfc3339
  }
}

/// The body of `PUT /api/v1/log`: `{"level": "debug", "for": "15m"}`.
package struct LogRequest: Codable, Sendable, Equatable {
  package var level: String
  /// `90s`, `15m`, `2h`. Left out or null: 15 min for what is more than `info`, and no end for others.
  package var time: String?

  package init(level: String, for time: String?) {
    self.level = level
    self.time = time
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case level
    case time = "for"
  }

  static let schema = Schema.object(
    Schema.Object(
      name: "LogRequest",
      members: [
        Schema.Member(name: CodingKeys.level.rawValue, schema: .choice(Logger.Level.allCases.map(\.rawValue))),
        Schema.Member(
          name: CodingKeys.time.rawValue, schema: .nullable(.text(Schema.Text(pattern: "^[0-9]{1,5}[smh]$"))), isRequired: false,
          text: "From 1s to 24h, such as 90s, 15m or 2h."),
      ]))

  private static var hint: String { #"Send a level and how long, such as {"level": "debug", "for": "15m"}."# }

  init(json bytes: some Collection<UInt8>) throws(OperatorError) {
    let object: [String: String?]
    do {
      object = try JSONDecoder().decode([String: String?].self, from: Data(bytes))
    } catch {
      throw .invalid(Self.hint)
    }
    guard object.keys.allSatisfy({ CodingKeys(stringValue: $0) != nil }), let level = object[CodingKeys.level.rawValue] ?? nil else {
      throw .invalid(Self.hint)
    }
    self.init(level: level, for: object[CodingKeys.time.rawValue] ?? nil)
  }

  func known() throws(OperatorError) -> (level: Logger.Level, time: Duration?) {
    guard let known = Logger.Level(rawValue: level) else {
      throw .invalid("There is no such level. There are: \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")).")
    }
    guard let time else { return (known, nil) }
    guard let duration = DurationText.parse(time), LogLevels.times.contains(duration) else {
      throw .invalid("\"for\" is from 1s to 24h, such as 90s, 15m or 2h.")
    }
    return (known, duration)
  }
}
