//! Help, configuration and its mistakes, exit codes.

use std::net::{SocketAddr, TcpListener};
use std::process::Output;

use openred_node::config::NodeConfig;
use serde::de::DeserializeOwned;
use toml::Table;

use crate::program::{openred, run, told};
use crate::world::World;

#[test]
fn help_is_for_people_and_goes_to_standard_output() {
    for verb in [
        &["--help"][..],
        &["node", "--help"],
        &["directory", "--help"],
        &["relay", "--help"],
        &["people", "ask", "--help"],
    ] {
        let output = run(verb);
        assert_eq!(output.status.code(), Some(0), "{verb:?}");
        let help = String::from_utf8(output.stdout).unwrap();
        assert!(help.lines().all(|line| line.chars().count() <= 100), "{verb:?} fits a terminal: {help}");
        assert!(!help.contains("keeper"), "the key process is nobody's verb");
    }
    let help = told(&run(&["node", "--help"])).1;
    for words in ["On the first start", "Examples", "Where the data lies", "Exit codes", "--print-link"] {
        assert!(help.contains(words), "{words}");
    }
}

#[test]
fn completions_and_manual_pages_name_every_verb() {
    for (shell, mark) in
        [("bash", "complete -F"), ("zsh", "#compdef openred"), ("fish", "complete -c openred")]
    {
        let (code, said) = told(&run(&["completions", shell]));
        assert!(code == 0 && said.contains(mark) && said.contains("introduce"), "{shell}: {said}");
        if shell == "bash" {
            let read = std::process::Command::new("bash").args(["-n", "-c", &said]).status();
            assert!(read.unwrap().success(), "bash can read it");
        }
    }
    assert_eq!(told(&run(&["completions", "csh"])).0, 2);
    let world = World::new();
    let folder = world.path("man1");
    let (code, said) = told(&run(&["manual", &folder.display().to_string()]));
    assert_eq!(code, 0, "{said}");
    let page = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    assert!(page("openred.1").contains("openred\\-people(1)") || page("openred.1").contains("people"));
    assert!(page("openred-node.1").contains("print\\-link"), "flags are described");
    assert!(!folder.join("openred-keeper.1").exists(), "the key process is nobody's verb");
}

#[test]
fn wrong_usage_is_2_and_no_node_is_3() {
    let world = World::new();
    let nowhere = world.path("nobody").display().to_string();
    for wrong in [&["nod"][..], &["node", "--lisen", "x"], &["node", "--listen", "x"], &["people", "ask"]] {
        assert_eq!(told(&run(wrong)).0, 2, "{wrong:?}");
    }
    let verbs: [&[&str]; 8] = [
        &["status"],
        &["feed"],
        &["post", "hello"],
        &["people", "list"],
        &["invite", "list"],
        &["outbox", "list"],
        &["identity", "show"],
        &["link"],
    ];
    for verb in verbs {
        let (code, said) = told(&run(&[verb, &["--data", &nowhere]].concat()));
        assert_eq!(code, 3, "{verb:?}: {said}");
        assert!(said.starts_with("! No node runs on ") && said.contains("openred node --data"), "{said}");
        let (code, said) = told(&run(&[verb, &["--json", "--data", &nowhere]].concat()));
        let said: serde_json::Value = serde_json::from_str(&said).unwrap();
        assert_eq!((code, &said["code"]), (3, &"not_running".into()));
    }
    assert!(!world.path("nobody").exists(), "asking makes no folder");
}

fn with_file(verb: &str, text: &str) -> Output {
    let world = World::new();
    let file = world.path("openred.toml");
    std::fs::write(&file, text).unwrap();
    let (file, data) = (file.display().to_string(), world.path("data").display().to_string());
    let output = run(&[verb, "--data", &data, "--config", &file]);
    assert!(!world.path("data").exists(), "a wrong configuration touches nothing");
    output
}

#[test]
fn unknown_keys_are_refused_by_name() {
    let cases = [
        ("node", "lisen = \"127.0.0.1:1\"\n", "line 1: unknown key `lisen`", "`listen`"),
        (
            "node",
            "\n[network]\nalow_private = \"lan\"\n",
            "line 3: unknown key `alow_private`",
            "`allow_private`",
        ),
        ("node", "listen = \"somewhere\"\n", "line 1: ", "socket address"),
        ("node", "database = \"mysql://x\"\n", "line 1: ", "not a database address"),
        ("directory", "[sevrer]\n", "unknown key `sevrer`", "`server`"),
        ("directory", "[tokens]\nmode = \"weekly\"\n", "line 2: ", "`hourly`"),
        ("directory", "[limits]\ncalls = -1\n", "line 2: ", "-1"),
        ("relay", "[qoutas]\n", "unknown key `qoutas`", "`quotas`"),
    ];
    for (verb, text, what, known) in cases {
        let (code, said) = told(&with_file(verb, text));
        assert_eq!(code, 2, "{said}");
        assert!(said.contains(what) && said.contains(known), "{text:?} gave {said}");
        assert_eq!(said.lines().count(), 1, "one sentence: {said}");
    }
    let (code, said) = told(&run(&["node", "--config", "/nowhere/openred.toml"]));
    assert!(code == 2 && said.contains("/nowhere/openred.toml"), "{said}");
}

/// A wrong value in each layer is told only while no layer above it hides it.
#[test]
fn flags_win_over_environment_and_that_over_the_file() {
    let world = World::new();
    let file = world.path("openred.toml");
    std::fs::write(&file, "[storage]\ndatabase = \"sqlite:/nowhere/file.db\"\n").unwrap();
    let (file, data) = (file.display().to_string(), world.path("data").display().to_string());
    let taken = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let [flag, environment] = taken.each_ref().map(|taken| taken.local_addr().unwrap());
    let start = |database: Option<&str>, flag: Option<SocketAddr>| {
        let mut command = openred();
        command.args(["directory", "--config", &file, "--data", &data]);
        command.args(flag.iter().flat_map(|flag| ["--listen".to_owned(), flag.to_string()]));
        command.env("OPENRED_LISTEN", environment.to_string());
        command.envs(database.map(|url| ("OPENRED_DATABASE", url)));
        let (code, said) = told(&command.output().unwrap());
        assert_eq!(code, 1, "{said}");
        said
    };
    assert!(start(None, None).contains("/nowhere/file.db"));
    assert!(start(Some("sqlite:/nowhere/environment.db"), None).contains("/nowhere/environment.db"));
    let said = start(Some("sqlite::memory:"), None);
    assert!(said.contains(&format!("port {}", environment.port())), "{said}");
    let said = start(Some("sqlite::memory:"), Some(flag));
    assert!(said.contains(&format!("port {}", flag.port())), "{said}");
}

#[test]
fn the_samples_are_read_and_show_every_key() {
    let node = include_str!("../../examples/node.toml");
    let config: NodeConfig = toml::from_str(node).unwrap();
    assert_eq!(config.listen, NodeConfig::default().listen, "defaults are shown as they are");
    shows_every_key::<NodeConfig>(node, &["network", "overlay"]);
    let directory = include_str!("../../examples/directory.toml");
    let config: openred_directory::Config = toml::from_str(directory).unwrap();
    let default = openred_directory::Config::default();
    assert_eq!(format!("{:?}", config.limits), format!("{:?}", default.limits));
    assert_eq!((config.server.listen, config.server.name), (default.server.listen, default.server.name));
    let tables = ["server", "storage", "tokens", "limits", "network"];
    shows_every_key::<openred_directory::Config>(directory, &tables);
    let relay = include_str!("../../examples/relay.toml");
    let config: openred_relay::Config = toml::from_str(relay).unwrap();
    let default = openred_relay::Config::default();
    assert_eq!((&config.limits, &config.quotas), (&default.limits, &default.quotas));
    assert_eq!((config.server.listen, config.server.name), (default.server.listen, default.server.name));
    shows_every_key::<openred_relay::Config>(relay, &["server", "storage", "quotas", "limits", "quic"]);
}

fn shows_every_key<T: DeserializeOwned + std::fmt::Debug>(sample: &str, tables: &[&str]) {
    let shown: Table = sample.parse().unwrap();
    for table in [&[""][..], tables].concat() {
        let head = if table.is_empty() { String::new() } else { format!("[{table}]\n") };
        let told = toml::from_str::<T>(&format!("{head}no-such-key = 1\n")).unwrap_err();
        let (_, known) = told.message().split_once("expected ").unwrap();
        let shown = if table.is_empty() { &shown } else { shown[table].as_table().unwrap() };
        for key in known.split('`').skip(1).step_by(2) {
            assert!(shown.contains_key(key), "{table} {key} is not in the sample");
        }
    }
}
