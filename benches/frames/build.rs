//! A made-up build of the size of a large application, with its source map.

use std::fmt::Write;

use sourcemap::SourceMapBuilder;

/// Bytes of the map that is aimed at.
const MAP_BYTES: usize = 20 << 20;
const FUNCTIONS_OF_A_SOURCE: u32 = 60;
/// What one function brings to the map: its text and its mappings.
const BYTES_OF_A_FUNCTION: usize = 420;

pub struct Build {
    pub minified: String,
    pub map: Vec<u8>,
}

/// One line of minified functions that call each other; a mapping for every word.
pub fn build() -> Build {
    let sources = u32::try_from(MAP_BYTES / BYTES_OF_A_FUNCTION).expect("few") / FUNCTIONS_OF_A_SOURCE;
    let (mut minified, mut builder) = (String::new(), SourceMapBuilder::new(None));
    for source in 0..sources {
        let name = format!("../../src/module{source}/payment.ts");
        let mut text = String::new();
        let mut line = 0;
        for function in 0..FUNCTIONS_OF_A_SOURCE {
            let number = source * FUNCTIONS_OF_A_SOURCE + function;
            let original = format!("chargeCustomer{number}");
            let parts: [(&str, String, u32, u32, Option<&str>); 9] = [
                ("function ", format!("f{number}"), 0, 16, Some(&original)),
                ("(", "a".to_owned(), 0, 31, Some("customer")),
                (",", "b".to_owned(), 0, 41, Some("amount")),
                ("){if(", "!a".to_owned(), 1, 6, Some("customer")),
                (")throw new ", "Error".to_owned(), 1, 27, None),
                ("(", "b".to_owned(), 1, 33, Some("amount")),
                (");return ", format!("f{}", number.wrapping_sub(1) % 1_000), 2, 9, Some("previous")),
                ("(", "a".to_owned(), 2, 18, Some("customer")),
                (",b+1", ")}".to_owned(), 3, 0, None),
            ];
            for (before, word, below, column, name_of) in &parts {
                minified.push_str(before);
                let at = u32::try_from(minified.len()).expect("few");
                builder.add(0, at, line + below, *column, Some(&name), *name_of, false);
                minified.push_str(word);
            }
            writeln!(text, "export function {original}(customer: Customer, amount: number): Receipt {{")
                .expect("memory");
            text.push_str("  if (!customer) throw new Error(`nobody pays ${amount}`);\n");
            text.push_str(
                "  return previous(customer, amount + 1); // and so on, until somebody is charged\n}\n\n",
            );
            line += 5;
        }
        let id = builder.add_source(&name);
        builder.set_source_contents(id, Some(&text));
    }
    let mut map = Vec::new();
    builder.into_sourcemap().to_writer(&mut map).expect("memory");
    Build { minified, map }
}
