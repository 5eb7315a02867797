import Model

extension Reader {
  static let orderKeyCharacters = 16...512
  private static let orderKeyHint = "make one with: openssl rand -hex 32"

  /// With which keys an app may claim orders for the route.
  mutating func readOrders(_ fields: Fields, into route: inout RouteSettings, _ taken: inout Taken) {
    guard let node = value(RouteKeys.orderKey, of: fields) else { return }
    for id in oneOrList(node.id, "order_key", example: "[\"${NEW_ORDER_KEY}\", \"${OLD_ORDER_KEY}\"]") {
      guard let text = orderKey(id) else { continue }
      if taken.passwords.contains(Secret(text.value)) {
        error(id, "an order key is also a token of this file", hint: "an app would be let in elsewhere by it; \(Self.orderKeyHint)")
      }
      if let first = taken.orderKeys.updateValue(id, forKey: text.value) {
        error(id, "duplicate order key", hint: "each route has its own; the same value is on \(line(of: first))")
      }
      route.orderKeys.append(Secret(text.value))
    }
    guard !route.asksForOrders, let key = fields.key(RouteKeys.orderKey) else { return }
    let hint = "add orders: true, or remove the key"
    error(key, "\(fields.place) has an order_key, but takes no orders", hint: hint)
  }

  private mutating func orderKey(_ id: Int) -> Text? {
    guard let text = text(id, "an order key", isSecret: true) else { return nil }
    let hint = Self.orderKeyHint
    guard text.value.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      error(id, "an order key contains a space, a control character or a letter outside ASCII", hint: hint)
      return nil
    }
    guard Self.orderKeyCharacters.contains(text.value.utf8.count) else {
      let (from, to) = (Self.orderKeyCharacters.lowerBound, Self.orderKeyCharacters.upperBound)
      error(id, "an order key has \(text.value.utf8.count) characters, and must have \(from) to \(to)", hint: hint)
      return nil
    }
    warnAboutWeakness(text, "order key")
    warnAboutLiteral(text, "order key")
    return text
  }
}
