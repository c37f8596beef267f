//! Configuration in layers: flag over environment over file over default. Unknown keys are refused by name.
//!
//! Must not know: any key. The structs belong to the node and the directory.

use std::fs;
use std::path::Path;

use serde::de::DeserializeOwned;
use toml::{Table, Value};

use crate::failure::Failure;

/// Settings being put together.
#[derive(Debug, Default)]
pub(crate) struct Settings(Table);

impl Settings {
    /// The settings of a file (none without a file), checked on their own so that mistakes name file and line.
    pub(crate) fn from_file<T: DeserializeOwned>(file: Option<&Path>) -> Result<Self, Failure> {
        let Some(file) = file else { return Ok(Self::default()) };
        let place = file.display();
        let text = fs::read_to_string(file)
            .map_err(|error| Failure::usage(format!("The configuration {place} cannot be read: {error}.")))?;
        if let Err(error) = toml::from_str::<T>(&text) {
            let line = error.span().map(|span| text[..span.start].matches('\n').count() + 1);
            let line = line.map(|line| format!(", line {line}")).unwrap_or_default();
            return Err(Failure::usage(format!("{place}{line}: {}.", worded(error.message()))));
        }
        let table = text.parse().map_err(|error| Failure::usage(format!("{place}: {error}")))?;
        Ok(Self(table))
    }

    /// Sets what `path` names, when there is a value; tables on the way are made.
    pub(crate) fn set(&mut self, path: &[&str], value: Option<impl Into<Value>>) {
        let (Some(value), Some((last, tables))) = (value, path.split_last()) else { return };
        let mut table = &mut self.0;
        for name in tables {
            let entry = table.entry((*name).to_owned());
            let Value::Table(inner) = entry.or_insert_with(|| Table::new().into()) else { return };
            table = inner;
        }
        table.insert((*last).to_owned(), value.into());
    }

    /// Sets what `path` names unless it is set.
    pub(crate) fn set_default(&mut self, path: &[&str], value: impl Into<Value>) {
        let found = path.split_first().and_then(|(first, rest)| {
            rest.iter().try_fold(self.0.get(*first)?, |value, name| value.get(name))
        });
        if found.is_none() {
            self.set(path, Some(value));
        }
    }

    /// The settings as the struct they are for.
    pub(crate) fn finish<T: DeserializeOwned>(self) -> Result<T, Failure> {
        let value = Value::Table(self.0);
        value
            .try_into()
            .map_err(|error: toml::de::Error| Failure::usage(format!("{}.", worded(error.message()))))
    }
}

/// What serde says, in the words of a person who edits a file.
fn worded(message: &str) -> String {
    let message = message.replacen("unknown field `", "unknown key `", 1);
    message.replace(", expected one of ", "; known here: ").replace(", expected `", "; known here: `")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Lamp {
        colour: String,
        place: Place,
    }

    #[derive(Debug, Default, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Place {
        window: u8,
        door: u8,
    }

    fn file(text: &str) -> Result<Settings, Failure> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        Settings::from_file::<Lamp>(Some(file.path()))
    }

    #[test]
    fn what_is_said_later_wins_and_defaults_come_last() {
        let mut settings = file("colour = \"red\"\n[place]\nwindow = 1\n").unwrap();
        settings.set(&["place", "window"], Some(2));
        settings.set(&["colour"], None::<String>);
        settings.set_default(&["place", "window"], 9);
        settings.set_default(&["place", "door"], 7);
        let lamp: Lamp = settings.finish().unwrap();
        assert_eq!((lamp.colour.as_str(), lamp.place.window, lamp.place.door), ("red", 2, 7));
    }

    #[test]
    fn mistakes_name_line_key_and_what_is_known() {
        let said = file("colour = \"red\"\n[place]\nwimdow = 1\n").unwrap_err();
        assert!(said.text().contains("line 3"), "{said:?}");
        assert!(said.text().contains("unknown key `wimdow`; known here: `window`"), "{said:?}");
        assert!(file("colour = ").is_err());
        assert!(Settings::from_file::<BTreeMap<String, String>>(Some(Path::new("/nowhere"))).is_err());
    }
}
