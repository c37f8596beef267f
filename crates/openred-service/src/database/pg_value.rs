//! Our four kinds of value in PostgreSQL's binary form. Knows types, neither connections nor statements.

use std::error::Error;

use postgres::types::private::BytesMut;
use postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use super::error::DbError;
use super::value::{Row, Value};

type AnyError = Box<dyn Error + Sync + Send>;

/// All columns of a row; a float, time or other foreign kind is `Corrupt`.
pub(super) fn row(row: &postgres::Row) -> Result<Row, DbError> {
    (0..row.len())
        .map(|column| {
            row.try_get::<_, Value>(column).map_err(|_| {
                DbError::Corrupt(format!("column {column} is {}", row.columns()[column].type_().name()))
            })
        })
        .collect::<Result<_, _>>()
        .map(Row)
}

impl ToSql for Value {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, AnyError> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(value) if *kind == Type::INT8 => value.to_sql(kind, out),
            Self::Int(value) if *kind == Type::INT4 => i32::try_from(*value)?.to_sql(kind, out),
            Self::Int(value) if *kind == Type::INT2 => i16::try_from(*value)?.to_sql(kind, out),
            Self::Int(value) if *kind == Type::BOOL => (*value != 0).to_sql(kind, out),
            Self::Text(value) if <&str as ToSql>::accepts(kind) => value.to_sql(kind, out),
            Self::Blob(value) if *kind == Type::BYTEA => value.to_sql(kind, out),
            Self::Int(_) | Self::Text(_) | Self::Blob(_) => {
                Err(format!("{self:?} does not fit a parameter of type {kind}").into())
            }
        }
    }

    fn accepts(_kind: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Value {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, AnyError> {
        Ok(match *kind {
            Type::INT8 => Self::Int(i64::from_sql(kind, raw)?),
            Type::INT4 => Self::Int(i32::from_sql(kind, raw)?.into()),
            Type::INT2 => Self::Int(i16::from_sql(kind, raw)?.into()),
            Type::BOOL => Self::Int(bool::from_sql(kind, raw)?.into()),
            Type::NUMERIC => Self::Int(whole_number(raw).ok_or("not a whole number of 64 bits")?),
            Type::BYTEA => Self::Blob(raw.to_vec()),
            _ => Self::Text(<&str>::from_sql(kind, raw)?.to_owned()),
        })
    }

    fn from_sql_null(_kind: &Type) -> Result<Self, AnyError> {
        Ok(Self::Null)
    }

    fn accepts(kind: &Type) -> bool {
        let ours = [Type::INT8, Type::INT4, Type::INT2, Type::BOOL, Type::NUMERIC, Type::BYTEA];
        ours.contains(kind) || <&str as FromSql<'_>>::accepts(kind)
    }
}

/// NUMERIC in binary: count, weight, sign, scale, then digits of base 10,000. `SUM` of BIGINT answers so.
fn whole_number(raw: &[u8]) -> Option<i64> {
    let mut words = raw.chunks_exact(2).map(|word| i16::from_be_bytes([word[0], word[1]]));
    let (count, weight, sign, _scale) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let mut value: i64 = 0;
    for place in 0..=weight.max(-1) {
        let digit = if place < count { words.next()? } else { 0 };
        let digit = if sign == 0 { i64::from(digit) } else { -i64::from(digit) };
        value = value.checked_mul(10_000)?.checked_add(digit)?;
    }
    let fraction_is_zero = words.all(|digit| digit == 0);
    (fraction_is_zero && matches!(sign, 0 | 0x4000)).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numeric(words: &[i16]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    #[test]
    fn whole_numerics_are_read_and_fractions_refused() {
        assert_eq!(whole_number(&numeric(&[0, 0, 0, 0])), Some(0));
        assert_eq!(whole_number(&numeric(&[2, 1, 0, 0, 12, 3456])), Some(123_456));
        assert_eq!(whole_number(&numeric(&[1, 2, 0x4000, 0, 5])), Some(-500_000_000));
        assert_eq!(whole_number(&numeric(&[2, 0, 0, 1, 1, 5000])), None);
        assert_eq!(whole_number(&numeric(&[1, 9, 0, 0, 1])), None, "too large");
        assert_eq!(whole_number(&numeric(&[0, 0, -16384, 0])), None, "NaN");
    }
}
