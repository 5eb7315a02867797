/// `12,345`.
package func grouped(_ number: Int) -> String {
  var shown = ""
  let digits = String(number.magnitude)
  for (index, digit) in digits.enumerated() {
    if index > 0, (digits.count - index).isMultiple(of: 3) { shown += "," }
    shown.append(digit)
  }
  return number < 0 ? "-" + shown : shown
}

/// The two largest units: `3 d 4 h`, `5 min`, `12 s`, `340 ms`.
package func spoken(_ duration: Duration) -> String {
  let seconds = max(0, Int(duration.seconds))
  switch seconds {
  case 0: return "\(max(0, duration.microseconds / 1_000)) ms"
  case ..<60: return "\(seconds) s"
  case ..<3_600: return "\(seconds / 60) min"
  case ..<86_400: return "\(seconds / 3_600) h \(seconds / 60 % 60) min"
  default: return "\(seconds / 86_400) d \(seconds / 3_600 % 24) h"
  }
}

/// `3.4 MB`: powers of a thousand, as `df -H` has them.
package func sized(_ bytes: Int) -> String {
  var size = Double(bytes)
  for unit in ["B", "kB", "MB", "GB"] {
    if size < 1_000 { return unit == "B" ? "\(bytes) B" : "\(tenths(size)) \(unit)" }
    size /= 1_000
  }
  return "\(tenths(size)) TB"
}

private func tenths(_ value: Double) -> Double { (value * 10).rounded() / 10 }
