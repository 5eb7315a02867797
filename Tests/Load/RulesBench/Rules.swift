import Model
import Traffic

/// Rules and reports like those of an account that many apps share.
struct Rules {
  var routes: [RouteSettings] = []

  /// Of ten routes, six have a marker of their own, one of them compared as Turkish; three have packet prefixes; one has a tree.
  init(count: Int) {
    for number in 0..<count {
      var route = RouteSettings(name: "app-\(number)", url: Secret("https://app-\(number).example.com/dlr?token=0123456789abcdef"))
      switch number % 10 {
      case 0, 1, 2, 3, 4: route.markers = [Self.marker(number)]
      case 5:
        route.markers = [Self.marker(number)]
        route.fold = .turkish
      case 6: route.match = .all([.bodyContains(Self.marker(number)), .not(.bodyContains("deneme")), .status("delivered")])
      default: route.packetPrefixes = [Self.prefix(number)]
      }
      if number % 3 == 0 { route.statuses = ["delivered", "undelivered"] }
      routes.append(route)
    }
  }

  private static func marker(_ number: Int) -> String {
    switch number % 4 {
    case 0: "iim.to/\(code(number))"
    case 1: "#KOD\(code(number))"
    case 2: "Mağaza No: \(code(number))"
    default: "\(code(number)) ŞUBESİ"
    }
  }

  /// Five letters and digits, the same for the same number, near to nobody else's.
  private static func code(_ number: Int) -> String {
    String(SplitMix64.mix(UInt64(number)) % 60_466_176 + 60_466_176, radix: 36)
  }

  private static func prefix(_ number: Int) -> String { "\(100_000 + number)" }

  /// Texts of usual length, nine of ten with Turkish letters, each for one of the routes.
  func reports(_ count: Int, seed: UInt64) -> [Report] {
    var numbers = SplitMix64(seed: seed)
    let statuses = ["accepted", "delivered", "delivered", "undelivered"]
    return (0..<count).map { index in
      let route = numbers.below(routes.count)
      let text = Self.texts[numbers.below(Self.texts.count)].replacing("*", with: Self.marker(route), maxReplacements: 1)
      let packet = Int64("\(Self.prefix(route))\(1_000 + numbers.below(9_000))")!
      return Report(
        key: ReportKey(id: 1_599_558_518 + Int64(index), status: statuses[numbers.below(statuses.count)]), packetID: packet,
        to: "+90532\(1_000_000 + numbers.below(8_999_999))", body: Array(text.utf8))
    }
  }

  private static let texts = [
    "Değerli müşterimiz, siparişiniz kargoya verildi. Takip için * adresini ziyaret edebilirsiniz. Mersis 0123456789012345 B186",
    "Sayın Ayşe Yılmaz, randevunuz 24.11.2026 14:30 olarak onaylandı. * Gelemeyecekseniz lütfen 0850 123 45 67 numarasını arayınız. B186",
    "Doğrulama kodunuz: 483920. Kodu kimseyle paylaşmayınız. * B002",
    "Kargonuz dağıtıma çıktı, bugün teslim edilecek. Teslimat şifreniz 7731. * İyi günler dileriz. B186",
    "*: Hafta sonuna özel tüm ürünlerde %40 indirim! SMS almak istemiyorsanız RED yazıp 3404'e gönderin. B186",
    "Your order has been shipped and will arrive tomorrow between 09:00 and 18:00. Track it at * or reply STOP to opt out. B186",
    "Faturanız hazır: 1.249,90 TL, son ödeme 05.12.2026. Öğrenmek için * B301",
    "Sınav sonuçlarınız açıklandı. Öğrenci bilgi sisteminden görüntüleyebilirsiniz. *",
    "Hesabınıza 14:02'de yeni bir cihazdan giriş yapıldı. Siz değilseniz hemen şifrenizi değiştirin: * B002",
    "Ödemeniz alındı – teşekkür ederiz 🎉 Detaylar: * B186",
  ]

  /// A rule file with so many routes.
  static func file(count: Int) -> String {
    var lines = [
      "receive: { tokens: [\"0123456789abcdef-0123\"] }",
      "routes:",
    ]
    for number in 0..<count {
      lines.append("  - name: app-\(number)")
      if number % 10 < 7 {
        lines.append("    markers: [\"\(marker(number))\"]")
      } else {
        lines.append("    packet_prefixes: [\"\(prefix(number))\"]")
      }
      if number % 3 == 0 { lines.append("    statuses: [delivered, undelivered]") }
      lines.append("    url: https://app-\(number).example.com/dlr?token=0123456789abcdef")
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
