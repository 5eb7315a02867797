import Crypto
import Foundation
import Mustache

/// The page's files, which are part of the program.
struct Templates: Sendable {
  static let shared = Templates()

  /// Escapes by scalar. The library's own goes by grapheme, to which a quotation mark with a combining mark behind it is none.
  struct Escaped: MustacheContentType {
    func escapeText(_ text: String) -> String {
      var escaped = String.UnicodeScalarView()
      for scalar in text.unicodeScalars {
        switch scalar {
        case "&": escaped += "&amp;".unicodeScalars
        case "<": escaped += "&lt;".unicodeScalars
        case ">": escaped += "&gt;".unicodeScalars
        case "\"": escaped += "&quot;".unicodeScalars
        case "'": escaped += "&#39;".unicodeScalars
        default: escaped.append(scalar)
        }
      }
      return String(escaped)
    }
  }

  private static let sources: [String: [UInt8]] = [
    "head": PackageResources.head_mustache, "foot": PackageResources.foot_mustache, "status": PackageResources.status_mustache,
    "health": PackageResources.health_mustache, "numbers": PackageResources.numbers_mustache, "chart": PackageResources.chart_mustache,
    "routes": PackageResources.routes_mustache, "route": PackageResources.route_mustache, "details": PackageResources.details_mustache,
    "command": PackageResources.command_mustache, "stamp": PackageResources.stamp_mustache, "find": PackageResources.find_mustache,
    "event": PackageResources.event_mustache,
    "search": PackageResources.search_mustache, "report": PackageResources.report_mustache, "missing": PackageResources.missing_mustache,
  ]

  private let library: MustacheLibrary
  private let tables: [Language: WordTable]

  private init() {
    MustacheContentTypes.register(Escaped(), named: "Escaped")
    var library = MustacheLibrary()
    for (name, source) in Self.sources {
      do {
        try library.register("{{% CONTENT_TYPE: Escaped}}" + String(decoding: source, as: UTF8.self), named: name)
      } catch {
        preconditionFailure("the template \(name) is not one: \(error)")
      }
    }
    self.library = library
    tables = Dictionary(uniqueKeysWithValues: Language.allCases.map { ($0, WordTable($0.words)) })
  }

  func render(_ name: String, _ view: View, in language: Language) -> String {
    var view = view
    view["w"] = tables[language]
    guard let text = library.render(view, withTemplate: name) else { preconditionFailure("there is no template \(name)") }
    return text
  }
}

/// A file that a browser loads beside the page.
struct Asset: Sendable {
  static let style = Asset("/status/style.css", "text/css; charset=utf-8", PackageResources.style_css)
  static let script = Asset("/status/script.js", "text/javascript; charset=utf-8", PackageResources.script_js)
  static let icon = Asset("/status/icon.svg", "image/svg+xml", PackageResources.icon_svg)

  var path: String
  var type: String
  var bytes: [UInt8]
  /// Its path with a digest of its content, so that it may be kept for ever by whoever asked with it.
  var address: String

  private init(_ path: String, _ type: String, _ bytes: [UInt8]) {
    (self.path, self.type, self.bytes) = (path, type, bytes)
    let digest = SHA256.hash(data: Data(bytes)).prefix(8).map { String(0x100 + Int($0), radix: 16).dropFirst() }.joined()
    address = "\(path)?v=\(digest)"
  }
}
