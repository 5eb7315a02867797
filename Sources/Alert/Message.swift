import Foundation
import Model

/// An alert as it is posted.
struct Message {
  var alert: Alert
  /// Which relay tells it: what people call it, not where it listens.
  var relay: String
  /// Messages before this one that did not get through.
  var lost: Int

  func body(_ format: AlertSettings.Format) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      switch format {
      case .json: return Array(try encoder.encode(Plain(message: self)))
      case .slack: return Array(try encoder.encode(["text": Self.escapedForSlack("\(relay): \(text)")]))
      }
    } catch {
      preconditionFailure("strings and integers are JSON: \(error)")
    }
  }

  private var text: String {
    switch lost {
    case 0: alert.text
    case 1: alert.text + " (The message before this one could not be sent.)"
    default: alert.text + " (The \(lost) messages before this one could not be sent.)"
    }
  }

  /// These three and no others have a meaning in Slack's text: https://docs.slack.dev/messaging/formatting-message-text
  private static func escapedForSlack(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
  }

  private struct Plain: Encodable {
    enum Key: String, CodingKey { case kind, route, over, text, at, relay, facts }

    let message: Message

    func encode(to encoder: any Encoder) throws {
      let alert = message.alert
      var members = encoder.container(keyedBy: Key.self)
      try members.encode(alert.kind.rawValue, forKey: .kind)
      // Null and not absent: a member that comes and goes is one that is forgotten.
      try members.encode(alert.route, forKey: .route)
      try members.encode(alert.isOver, forKey: .over)
      try members.encode(message.text, forKey: .text)
      try members.encode(alert.at.rfc3339, forKey: .at)
      try members.encode(message.relay, forKey: .relay)
      var facts = alert.facts
      if message.lost > 0 { facts["messages_lost"] = .number(message.lost) }
      try members.encode(facts, forKey: .facts)
    }
  }
}

extension Alert.Fact: Encodable {
  package func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    switch self {
    case .number(let number): try value.encode(number)
    case .text(let text): try value.encode(text)
    }
  }
}
