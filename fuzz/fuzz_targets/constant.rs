//! Arithmetic of constants: words of the input push literals or apply operators to what is on a stack. The values
//! obey the laws of their kinds.
#![no_main]

use burrow_types::Constant;
use burrow_types::constant::{Kind, Op};

/// The checker refuses greater integers (512 bits) and shifts, so they are no input here either.
const MAX_BITS: u64 = 512;
const MAX_SHIFT: u64 = 1074;

fn binary(x: &Constant, op: Op, y: &Constant) -> Constant {
    let r = Constant::binary(x, op, y);
    let exact = x.kind() == Kind::Int && y.kind() == Kind::Int;
    match op {
        Op::Add if exact => assert_eq!(Constant::binary(&r, Op::Sub, y), *x),
        Op::Sub if exact => assert_eq!(Constant::binary(&r, Op::Add, y), *x),
        Op::Mul if exact && y.sign() != 0 => assert_eq!(Constant::binary(&r, Op::IntQuo, y), *x),
        Op::IntQuo if exact && y.sign() != 0 => {
            let rem = Constant::binary(x, Op::Rem, y);
            let back = Constant::binary(&Constant::binary(&r, Op::Mul, y), Op::Add, &rem);
            assert_eq!(back, *x);
        }
        Op::Xor if exact => assert_eq!(Constant::binary(&r, Op::Xor, y), *x),
        _ => {}
    }
    if !r.is_unknown() && matches!(op, Op::Add | Op::Mul) && r.kind() != Kind::String {
        assert_eq!(Constant::binary(y, op, x), r);
    }
    r
}

fn compare(x: &Constant, y: &Constant) {
    if x.kind() != y.kind() || !matches!(x.kind(), Kind::Int | Kind::Float) {
        return;
    }
    let c = |op| Constant::compare(x, op, y);
    assert_eq!(usize::from(c(Op::Lss)) + usize::from(c(Op::Eql)) + usize::from(c(Op::Gtr)), 1);
    assert_eq!(c(Op::Leq), !c(Op::Gtr));
    assert_eq!(c(Op::Geq), !c(Op::Lss));
    assert_eq!(c(Op::Neq), !c(Op::Eql));
    assert_eq!(Constant::compare(y, Op::Lss, x), c(Op::Gtr));
}

fn convert(x: &Constant) {
    let f = x.to_f64();
    if x.kind() == Kind::Int {
        assert_eq!(x.to_int(), *x);
        assert!(f.is_finite());
        assert_eq!(x.neg().neg(), *x);
        assert_eq!(x.not(None).not(None), *x);
        assert_eq!(f < 0.0, x.sign() < 0);
    }
    if matches!(x.kind(), Kind::Int | Kind::Float) {
        assert!(!f.is_nan() && x.to_f32().is_nan() == f.is_nan());
        let back = Constant::from_f64(f);
        assert!(f.is_infinite() || back.to_f64().to_bits() == f.to_bits() || f == 0.0);
    }
    let _ = (x.to_int(), x.to_float(), x.to_complex(), x.real(), x.imag(), x.to_bits64());
    let _ = x.to_string();
}

fn operator(word: &str) -> Option<Op> {
    Some(match word {
        "+" => Op::Add,
        "-" => Op::Sub,
        "*" => Op::Mul,
        "/" => Op::Quo,
        "//" => Op::IntQuo,
        "%" => Op::Rem,
        "&" => Op::And,
        "|" => Op::Or,
        "^" => Op::Xor,
        "&^" => Op::AndNot,
        "&&" => Op::LAnd,
        "||" => Op::LOr,
        _ => return None,
    })
}

libfuzzer_sys::fuzz_target!(|src: &str| {
    let mut stack: Vec<Constant> = vec![Constant::Int(1)];
    for word in src.split_whitespace().take(200) {
        let x = stack.pop().unwrap_or(Constant::Int(3));
        let y = stack.last().cloned().unwrap_or(Constant::Int(-7));
        let r = if let Some(op) = operator(word) {
            binary(&x, op, &y)
        } else {
            match word {
                "neg" => x.neg(),
                "not" => x.not(None),
                "not8" => x.not(Some(8)),
                "int" => x.to_int(),
                "float" => x.to_float(),
                "complex" => Constant::complex(x.real(), y.real()),
                "<<" | ">>" => x.shift(word == "<<", y.to_u64().unwrap_or(1) % MAX_SHIFT),
                "true" => Constant::Bool(true),
                _ if word.starts_with('"') => Constant::string(&word[1..]),
                _ if word.contains(['.', 'p', 'P'])
                    || (word.contains('e') && !word.contains('x')) =>
                {
                    Constant::parse_float(word)
                }
                _ => Constant::parse_int(word),
            }
        };
        compare(&r, &y);
        stack.push(x);
        if r.bit_len() <= MAX_BITS {
            convert(&r);
            stack.push(r);
        }
    }
});
