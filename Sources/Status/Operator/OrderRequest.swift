import Foundation
import Model

/// The body of a claim. A member that is not known, or null, is refused: it may have been meant to say something.
package struct OrderRequest: Codable, Sendable, Equatable {
  package var route: String?
  package var packetIDs: [Int64]?

  package init(route: String? = nil, packetIDs: [Int64]? = nil) {
    self.route = route
    self.packetIDs = packetIDs
  }

  private enum CodingKeys: String, CodingKey, CaseIterable {
    case route
    case packetIDs = "packet_ids"
  }

  static let schema = Schema.object(
    Schema.Object(
      name: "OrderRequest",
      members: [
        Schema.Member(name: CodingKeys.route.rawValue, schema: .text(), isRequired: false, text: routeText),
        Schema.Member(
          name: CodingKeys.packetIDs.rawValue,
          schema: .list(
            .either([.integer(Int64.min...Int64.max), .text(Schema.Text(pattern: "^-?[0-9]{1,18}$"))]), counts: 1...Limits.claimsTogetherMax
          )),
      ]))

  /// Of one packet, which the path says.
  static let schemaOfOne = Schema.object(
    Schema.Object(
      name: "ClaimRequest",
      members: [Schema.Member(name: CodingKeys.route.rawValue, schema: .text(), isRequired: false, text: routeText)]))

  private static let routeText = "Left out by an app, which claims for its own."

  private struct AnyKey: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// A packet as a number, or as its decimal digits: some languages have no integers of 64 bits.
  private struct PacketID: Decodable {
    var number: Int64

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if let number = try? value.decode(Int64.self) {
        self.number = number
      } else if let text = try? value.decode(String.self), let number = Int64(text), !text.hasPrefix("+") {
        self.number = number
      } else {
        throw OrderRequest.notWhole
      }
    }
  }

  private static var notWhole: OperatorError {
    .invalid("\"packet_ids\" must be whole numbers of at most 64 bits, or such numbers as text.")
  }

  package init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: AnyKey.self)
    for key in members.allKeys.map(\.stringValue).sorted() {
      guard CodingKeys(stringValue: key) != nil else {
        throw OperatorError.invalid("\"\(key.prefix(64))\" is not known. A claim has: route, packet_ids.")
      }
      guard try !members.decodeNil(forKey: AnyKey(stringValue: key)) else {
        throw OperatorError.invalid("\"\(key)\" is null. Leave it out if nothing is to be said of it.")
      }
    }
    let values = try decoder.container(keyedBy: CodingKeys.self)
    do {
      route = try values.decodeIfPresent(String.self, forKey: .route)
    } catch {
      throw OperatorError.invalid("\"route\" must be text.")
    }
    do {
      packetIDs = try values.decodeIfPresent([PacketID].self, forKey: .packetIDs)?.map(\.number)
    } catch let error as OperatorError {
      throw error
    } catch {
      throw OperatorError.invalid("\"packet_ids\" must be a list.")
    }
  }

  init(json bytes: some Collection<UInt8>) throws(OperatorError) {
    // Foundation would read them by way of Double, and perhaps as another number.
    guard !Self.hasFractionOrExponent(bytes) else { throw Self.notWhole }
    do {
      self = try JSONDecoder().decode(OrderRequest.self, from: Data(bytes))
    } catch let error as OperatorError {
      throw error
    } catch {
      throw .invalid(#"The body must be a JSON object, such as {"route": "shop"}."#)
    }
  }

  /// True if a number outside of the strings is written with either.
  private static func hasFractionOrExponent(_ json: some Collection<UInt8>) -> Bool {
    var (isInString, isEscaped, isAfterDigit) = (false, false, false)
    for byte in json {
      if isInString {
        if !isEscaped, byte == UInt8(ascii: "\"") { isInString = false }
        isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
        continue
      }
      if isAfterDigit, [UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E")].contains(byte) { return true }
      isInString = byte == UInt8(ascii: "\"")
      isAfterDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
    return false
  }
}
