//! `-json`: what a test prints, as events.
//!
//! The test was started with `-test.v=test2json`, so lines that frame others begin with ^V, and the text of errors
//! stands between ^O and ^N. Once a mark was seen, lines without one are output, whatever they look like.
//! gc: `cmd/internal/test2json`.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use burrow_build::report::json_string;

const MARK: u8 = 0x16;
const ERROR_START: char = '\u{0f}';
const ERROR_END: char = '\u{0e}';
const ESCAPE: char = '\u{1b}';
/// Longer lines are split.
const LONGEST: usize = 4096;

const UPDATES: [&str; 6] =
    ["=== RUN   ", "=== PAUSE ", "=== CONT  ", "=== NAME  ", "=== PASS  ", "=== FAIL  "];
const REPORTS: [&str; 4] = ["--- PASS: ", "--- FAIL: ", "--- SKIP: ", "--- BENCH: "];

/// Where an event is written.
pub(crate) type Sink<'a> = dyn FnMut(&str) + 'a;

/// The end of a test, told when its line and those of its subtests were seen.
struct Report {
    action: &'static str,
    test: String,
    elapsed: String,
}

pub(crate) struct Converter<'a> {
    sink: &'a mut Sink<'a>,
    package: String,
    start: Instant,
    line: Vec<u8>,
    test: String,
    reports: Vec<Report>,
    result: &'static str,
    need_mark: bool,
    in_error: bool,
}

/// One event; what is empty is left out.
#[derive(Default)]
struct Event<'e> {
    action: &'e str,
    test: &'e str,
    elapsed: Option<&'e str>,
    output: Option<&'e str>,
    output_type: &'e str,
    key_value: Option<(&'e str, &'e str)>,
    failed_build: &'e str,
}

impl<'a> Converter<'a> {
    /// For the output of a package's test; tells that it starts.
    pub(crate) fn new(package: &str, sink: &'a mut Sink<'a>) -> Converter<'a> {
        let mut c = Converter {
            sink,
            package: package.into(),
            start: Instant::now(),
            line: Vec::new(),
            test: String::new(),
            reports: Vec::new(),
            result: "",
            need_mark: false,
            in_error: false,
        };
        c.event(Event { action: "start", ..Event::default() });
        c
    }

    /// Takes some output.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        for &b in bytes {
            // A mark begins a line, even if the one before has no end.
            if b == MARK && !self.line.is_empty() {
                self.take_line();
            }
            self.line.push(b);
            if b == b'\n' || self.line.len() >= LONGEST {
                self.take_line();
            }
        }
    }

    /// Ends the package. `failed_build` is the package that could not be built, if that was it.
    pub(crate) fn finish(mut self, passed: bool, failed_build: &str) {
        self.take_line();
        self.flush_reports(0);
        self.test.clear();
        let action = match (passed, self.result) {
            (true, "skip") => "skip",
            (true, _) => "pass",
            (false, _) => "fail",
        };
        let elapsed = number((self.start.elapsed().as_secs_f64() * 1e3).round() / 1e3);
        self.event(Event { action, elapsed: Some(&elapsed), failed_build, ..Event::default() });
    }

    fn take_line(&mut self) {
        let bytes = std::mem::take(&mut self.line);
        if bytes.is_empty() {
            return;
        }
        let marked = bytes[0] == MARK;
        let text = String::from_utf8_lossy(if marked { &bytes[1..] } else { &bytes }).into_owned();
        if self.need_mark && !marked {
            return self.output(&text, "");
        }
        let trim = text.trim_end_matches(['\n', '\r']);
        if matches!(trim, "PASS" | "FAIL") || trim.starts_with("FAIL\t") {
            self.flush_reports(0);
            self.need_mark = marked;
            self.result = if trim == "PASS" { "pass" } else { "fail" };
            return self.output(&text, "frame");
        }
        if text.starts_with("?   \t") && self.reports.is_empty() {
            self.result = "skip";
        }
        if let Some(rest) = trim.strip_prefix("=== ATTR  ") {
            return self.attribute(rest, &text, marked);
        }
        if let Some(head) = UPDATES.iter().find(|u| trim.starts_with(u.trim_end())) {
            let name = trim.get(head.len()..).unwrap_or("").trim();
            return self.update(head[4..].trim_end(), name, &text, marked);
        }
        let inner = trim.trim_start_matches("    ");
        let indent = (trim.len() - inner.len()) / 4;
        match REPORTS.iter().find(|r| inner.starts_with(**r)) {
            Some(head) if indent <= self.reports.len() => {
                self.report(head, &inner[head.len()..], indent, &text, marked);
            }
            Some(_) => self.output(&text, ""),
            None => {
                if indent > 0
                    && let Some(r) = self.reports.get(indent - 1)
                {
                    self.test = r.test.clone();
                }
                self.output(&text, "");
            }
        }
    }

    fn update(&mut self, action: &str, name: &str, text: &str, marked: bool) {
        self.need_mark = marked;
        self.flush_reports(0);
        self.test = name.into();
        let action = action.to_lowercase();
        if action == "name" {
            return;
        }
        if action == "pause" {
            self.output(text, "frame");
        }
        let test = self.test.clone();
        self.event(Event { action: &action, test: &test, ..Event::default() });
        if action != "pause" {
            self.output(text, "frame");
        }
    }

    fn attribute(&mut self, rest: &str, text: &str, marked: bool) {
        self.need_mark = marked;
        self.flush_reports(0);
        let mut words = rest.splitn(3, ' ');
        let mut next = || words.next().unwrap_or("");
        let (test, key, value) = (next(), next(), next());
        self.test = test.into();
        let key_value = Some((key, value));
        self.event(Event { action: "attr", test, key_value, ..Event::default() });
        self.output(text, "frame");
    }

    fn report(&mut self, head: &str, rest: &str, indent: usize, text: &str, marked: bool) {
        let (name, elapsed) = match rest.rsplit_once(" (") {
            Some((name, time)) => (name, time.strip_suffix("s)").unwrap_or("")),
            None => (rest, ""),
        };
        let elapsed = elapsed.parse::<f64>().map(number).unwrap_or_default();
        self.need_mark = marked;
        self.flush_reports(indent);
        self.test = name.trim().into();
        let action = match &head[4..] {
            "PASS: " => "pass",
            "FAIL: " => "fail",
            "SKIP: " => "skip",
            _ => "bench",
        };
        self.reports.push(Report { action, test: self.test.clone(), elapsed });
        self.output(text, "frame");
    }

    fn flush_reports(&mut self, depth: usize) {
        self.test.clear();
        while self.reports.len() > depth {
            let Some(r) = self.reports.pop() else { return };
            let elapsed = Some(&*r.elapsed).filter(|e| !e.is_empty());
            self.event(Event { action: r.action, test: &r.test, elapsed, ..Event::default() });
        }
    }

    /// Output of the current test, without the marks of errors.
    fn output(&mut self, text: &str, kind: &str) {
        let was_error = self.in_error;
        let mut starts = false;
        let mut plain = String::with_capacity(text.len());
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            match c {
                ERROR_START => {
                    self.in_error = true;
                    starts = true;
                }
                ERROR_END => self.in_error = false,
                ESCAPE => plain.extend(chars.next()),
                c => plain.push(c),
            }
        }
        let output_type = match (starts, was_error) {
            (true, _) => "error",
            (false, true) => "error-continue",
            (false, false) => kind,
        };
        if plain.is_empty() {
            return;
        }
        let test = self.test.clone();
        let output = Some(plain.as_str());
        self.event(Event {
            action: "output",
            test: &test,
            output,
            output_type,
            ..Event::default()
        });
    }

    fn event(&mut self, e: Event<'_>) {
        let mut s = format!(
            "{{\"Time\":\"{}\",\"Action\":\"{}\",\"Package\":{}",
            now(),
            e.action,
            go_json(&self.package)
        );
        let text = |s: &mut String, key: &str, value: &str| {
            *s += &format!(",\"{key}\":{}", go_json(value));
        };
        if !e.test.is_empty() {
            text(&mut s, "Test", e.test);
        }
        if let Some((key, value)) = e.key_value {
            text(&mut s, "Key", key);
            text(&mut s, "Value", value);
        }
        if let Some(output) = e.output {
            text(&mut s, "Output", output);
        }
        if !e.output_type.is_empty() {
            text(&mut s, "OutputType", e.output_type);
        }
        if let Some(elapsed) = e.elapsed {
            s += &format!(",\"Elapsed\":{elapsed}");
        }
        if !e.failed_build.is_empty() {
            text(&mut s, "FailedBuild", e.failed_build);
        }
        s += "}\n";
        (self.sink)(&s);
    }
}

/// A number as Go's JSON has it.
fn number(n: f64) -> String {
    format!("{n}")
}

/// A string of JSON as Go writes it: without `<`, `>` and `&`.
fn go_json(s: &str) -> String {
    json_string(s)
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

/// The time in RFC 3339, of Greenwich.
fn now() -> String {
    let t = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let (days, second) = (t.as_secs() / 86400, t.as_secs() % 86400);
    // Days since 1 March of year 0, in eras of 400 years.
    let z = days + 719_468;
    let (era, doe) = (z / 146_097, z % 146_097);
    let yoe = (doe - doe / 1460 + doe / 36524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + u64::from(month <= 2);
    let (h, m, s) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}.{:09}Z", t.subsec_nanos())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn convert(output: &str) -> Vec<String> {
        let mut events = Vec::new();
        let mut sink = |e: &str| {
            // The time differs.
            let rest = e.split_once("\"Action\"").unwrap().1;
            let rest = rest.replace(",\"Package\":\"p\"", "");
            events.push(rest.trim_end().trim_start_matches(':').trim_end_matches('}').to_string());
        };
        let mut c = Converter::new("p", &mut sink);
        c.write(output.as_bytes());
        c.finish(true, "");
        let last = events.pop().unwrap();
        assert!(last.starts_with("\"pass\",\"Elapsed\":"), "{last}");
        events
    }

    #[test]
    fn subtests_end_before_their_parent_is_told() {
        let output = "\u{16}=== RUN   T\n\u{16}=== RUN   T/a\n    x_test.go:3: hi <b>\n\
                      --- PASS: not marked (0.00s)\n\
                      \u{16}--- PASS: T (0.01s)\n\u{16}    --- PASS: T/a (0.00s)\n\u{16}PASS\n";
        assert_eq!(
            convert(output),
            [
                r#""start""#,
                r#""run","Test":"T""#,
                r#""output","Test":"T","Output":"=== RUN   T\n","OutputType":"frame""#,
                r#""run","Test":"T/a""#,
                r#""output","Test":"T/a","Output":"=== RUN   T/a\n","OutputType":"frame""#,
                r#""output","Test":"T/a","Output":"    x_test.go:3: hi \u003cb\u003e\n""#,
                r#""output","Test":"T/a","Output":"--- PASS: not marked (0.00s)\n""#,
                r#""output","Test":"T","Output":"--- PASS: T (0.01s)\n","OutputType":"frame""#,
                r#""output","Test":"T/a","Output":"    --- PASS: T/a (0.00s)\n","OutputType":"frame""#,
                r#""pass","Test":"T/a","Elapsed":0"#,
                r#""pass","Test":"T","Elapsed":0.01"#,
                r#""output","Output":"PASS\n","OutputType":"frame""#,
            ]
        );
    }

    #[test]
    fn pauses_are_told_after_their_line_and_errors_are_marked() {
        let output = "\u{16}=== RUN   T\n\u{16}=== PAUSE T\n\u{16}=== CONT  T\n    \u{f}x.go:1: bad\u{e}\n\
                      \u{16}=== ATTR  T k v w\n";
        assert_eq!(
            convert(output)[3..],
            [
                r#""output","Test":"T","Output":"=== PAUSE T\n","OutputType":"frame""#,
                r#""pause","Test":"T""#,
                r#""cont","Test":"T""#,
                r#""output","Test":"T","Output":"=== CONT  T\n","OutputType":"frame""#,
                r#""output","Test":"T","Output":"    x.go:1: bad\n","OutputType":"error""#,
                r#""attr","Test":"T","Key":"k","Value":"v w""#,
                r#""output","Test":"T","Output":"=== ATTR  T k v w\n","OutputType":"frame""#,
            ]
        );
    }
}
