/// What people in Turkey get by SMS, in the encodings in which it comes.
enum Turkish {
  static let names = ["Ayşe Yılmaz", "Çağrı Öztürk", "İbrahim Şahin", "Gülşen Doğan", "Işıl Kılıç", "Oğuz Ünlü", "Ümit Güneş"]

  /// Each of a person's name. Quotes, a backslash and a line break are here because JSON has to escape them.
  static let sentences: [@Sendable (String) -> String] = [
    { "Sayın \($0), siparişiniz kargoya verildi." },
    { "Değerli müşterimiz \($0), randevunuz yarın saat 14:30'dadır." },
    { "\($0), doğrulama kodunuz 481516. Kimseyle paylaşmayınız." },
    { _ in "İndirim başladı! Seçili ürünlerde %50'ye varan fırsatlar 🎉" },
    { _ in "Faturanız oluşturuldu; son ödeme günü 15/12.\nDetaylar için tıklayınız." },
    { _ in "\"Iğdır Şubesi\" açıldı, hepinizi bekleriz 👩‍👧 çay bizden ☕" },
    { "Ödemeniz alındı. Teşekkür ederiz, \($0)." },
    { _ in "Ağaç dikme günü: Güneşli Mah. Çınar Sok. No\\7 🌳" },
  ]

  /// The operator's code, which ends each SMS in Turkey.
  static let suffix = " B186"

  /// The letters of Turkish in their decomposed form (NFD), others as they are. `ı` has no decomposition.
  static func decomposed(_ text: String) -> String {
    var out = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "ç": out.append(contentsOf: "c\u{327}".unicodeScalars)
      case "ğ": out.append(contentsOf: "g\u{306}".unicodeScalars)
      case "ö": out.append(contentsOf: "o\u{308}".unicodeScalars)
      case "ş": out.append(contentsOf: "s\u{327}".unicodeScalars)
      case "ü": out.append(contentsOf: "u\u{308}".unicodeScalars)
      case "Ç": out.append(contentsOf: "C\u{327}".unicodeScalars)
      case "Ğ": out.append(contentsOf: "G\u{306}".unicodeScalars)
      case "İ": out.append(contentsOf: "I\u{307}".unicodeScalars)
      case "Ö": out.append(contentsOf: "O\u{308}".unicodeScalars)
      case "Ş": out.append(contentsOf: "S\u{327}".unicodeScalars)
      case "Ü": out.append(contentsOf: "U\u{308}".unicodeScalars)
      default: out.append(scalar)
      }
    }
    return String(out)
  }
}
