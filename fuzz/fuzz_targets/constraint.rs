//! Build constraints. An expression, printed and parsed again, is the same expression.
#![no_main]

use burrow_syntax::constraint::{Context, parse_expr, parse_go_build, parse_plus_build};

libfuzzer_sys::fuzz_target!(|src: &str| {
    let context = Context::linux_amd64();
    let _ = context.matches_source(src);
    context.matches_name(src);
    for line in src.lines() {
        for x in [parse_expr(line).ok(), parse_go_build(line).and_then(Result::ok)] {
            let Some(x) = x else { continue };
            x.go_version();
            let text = x.to_string();
            if text.contains("!!") {
                // Written `!(!x)`. Go prints that so, too, and doesn't read it.
                continue;
            }
            let again = parse_expr(&text).unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(again.to_string(), text);
            assert_eq!(again.eval(&|t| context.has(t)), x.eval(&|t| context.has(t)), "{text}");
        }
        if let Some(x) = parse_plus_build(line) {
            x.eval(&|t| context.has(t));
        }
    }
});
