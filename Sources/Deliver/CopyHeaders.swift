import CCurl
import Model

/// The headers that one route adds to every copy, prepared once, and those of each attempt put in front of them.
///
/// Belongs to the curl thread.
final class CopyHeaders {
  private let route: RouteSettings
  private let signer: Signer?
  private var shared: UnsafeMutablePointer<curl_slist>?

  init(route: RouteSettings, userAgent: String) {
    self.route = route
    signer = Signer(secrets: route.secrets)
    precondition(signer != nil || route.secrets.isEmpty, "a secret that cannot sign was refused when the rules were read")
    append(&shared, "user-agent: \(userAgent)")
    append(&shared, "relay-route: \(route.name)")
    // Without these curl adds an Accept of its own, and to large bodies an Expect that costs a round trip.
    append(&shared, "accept:")
    append(&shared, "expect:")
    for header in route.headers { append(&shared, "\(header.name): \(header.value.reveal())") }
  }

  /// - Returns: a list that ends in the shared one; to be given back to `free` after the transfer.
  func list(for attempt: Attempt) -> UnsafeMutablePointer<curl_slist>? {
    let delivery = attempt.delivery
    let id = webhookID(delivery.key)
    let timestamp = attempt.startedAt.microseconds / 1_000_000
    var list: UnsafeMutablePointer<curl_slist>?
    // Of a header without a value libcurl makes none at all.
    let contentType = delivery.payload.contentType ?? ""
    append(&list, "content-type: \(contentType.isEmpty ? "application/json" : contentType)")
    append(&list, "webhook-id: \(id)")
    append(&list, "webhook-timestamp: \(timestamp)")
    if let signer {
      append(&list, "webhook-signature: \(signer.signature(id: id, timestamp: timestamp, body: delivery.payload.bytes))")
    }
    append(&list, "relay-attempt: \(delivery.tries + 1)")
    append(&list, "relay-received-at: \(delivery.receivedAt.rfc3339)")
    if delivery.isStale { append(&list, "relay-stale: true") }
    if delivery.isOutOfOrder { append(&list, "relay-out-of-order: true") }
    if delivery.queue == .replay { append(&list, "relay-replay: true") }
    last(of: list).pointee.next = shared
    return list
  }

  /// Frees what `list` made and keeps the shared rest.
  func free(_ list: UnsafeMutablePointer<curl_slist>?) {
    var node = list
    while let here = node, here != shared {
      if here.pointee.next == shared { here.pointee.next = nil }
      node = here.pointee.next
    }
    curl_slist_free_all(list)
  }

  func close() {
    curl_slist_free_all(shared)
    shared = nil
  }

  private func last(of list: UnsafeMutablePointer<curl_slist>?) -> UnsafeMutablePointer<curl_slist> {
    var node = list!
    while let next = node.pointee.next { node = next }
    return node
  }

  private func append(_ list: inout UnsafeMutablePointer<curl_slist>?, _ line: String) {
    guard let longer = curl_slist_append(list, line) else { preconditionFailure("out of memory") }
    list = longer
  }
}

/// `dlr_<report.id>_<status>`: the same on every try and replay, so that an app can drop repeats. Bytes of the status outside
/// `[A-Za-z0-9_-]` are percent-encoded.
package func webhookID(_ key: ReportKey) -> String {
  let isPlain = { (byte: UInt8) in
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    case UInt8(ascii: "_"), UInt8(ascii: "-"): true
    default: false
    }
  }
  if key.status.utf8.allSatisfy(isPlain) { return "dlr_\(key.id)_\(key.status)" }
  let digits = Array("0123456789ABCDEF".utf8)
  var status: [UInt8] = []
  for byte in key.status.utf8 {
    if isPlain(byte) { status.append(byte) } else { status += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
  }
  return "dlr_\(key.id)_\(String(decoding: status, as: UTF8.self))"
}
