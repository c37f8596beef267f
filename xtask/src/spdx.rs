//! SPDX licence expressions: may a package with this expression be used under a list of allowed licences?

/// True when some choice that the expression offers needs only licences of `allowed`. `/` is an old way
/// of writing OR. An expression that cannot be read allows nothing.
pub(crate) fn satisfied(expression: &str, allowed: &dyn Fn(&str) -> bool) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut reader = Reader { words: &words, next: 0 };
    let verdict = reader.any(allowed);
    verdict.unwrap_or(false) && reader.next == words.len()
}

struct Reader<'a> {
    words: &'a [&'a str],
    next: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, word: &str) -> bool {
        let hit = self.words.get(self.next) == Some(&word);
        self.next += usize::from(hit);
        hit
    }

    fn any(&mut self, allowed: &dyn Fn(&str) -> bool) -> Option<bool> {
        let mut verdict = self.all(allowed)?;
        while self.take("OR") {
            verdict |= self.all(allowed)?;
        }
        Some(verdict)
    }

    fn all(&mut self, allowed: &dyn Fn(&str) -> bool) -> Option<bool> {
        let mut verdict = self.one(allowed)?;
        while self.take("AND") {
            verdict &= self.one(allowed)?;
        }
        Some(verdict)
    }

    fn one(&mut self, allowed: &dyn Fn(&str) -> bool) -> Option<bool> {
        if self.take("(") {
            let verdict = self.any(allowed)?;
            return self.take(")").then_some(verdict);
        }
        let name = self.name()?;
        if self.take("WITH") {
            let exception = self.name()?;
            return Some(allowed(&format!("{name} WITH {exception}")) || allowed(name));
        }
        Some(allowed(name))
    }

    fn name(&mut self) -> Option<&'a str> {
        let word = *self.words.get(self.next)?;
        self.next += 1;
        (!matches!(word, "(" | ")" | "OR" | "AND" | "WITH")).then_some(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expression: &str) -> bool {
        satisfied(expression, &|name| ["MIT", "Apache-2.0", "Unicode-3.0"].contains(&name))
    }

    #[test]
    fn a_choice_needs_one_side_and_a_sum_needs_both() {
        assert!(check("MIT OR GPL-3.0"));
        assert!(check("GPL-3.0/MIT"));
        assert!(!check("MIT AND GPL-3.0"));
        assert!(check("(MIT OR GPL-2.0) AND Unicode-3.0"));
        assert!(check("Apache-2.0 WITH LLVM-exception"), "an exception only adds permissions");
    }

    #[test]
    fn what_cannot_be_read_allows_nothing() {
        for broken in ["", "MIT OR", "(MIT", "MIT MIT", "OR MIT"] {
            assert!(!check(broken), "{broken:?} must not pass");
        }
    }
}
