// Parses stdin into a BTreeMap, uses threads and channels, an argument, the environment and a file.
use std::collections::BTreeMap;
use std::io::{self, BufRead};
use std::sync::mpsc;
use std::{env, fs, thread};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for line in io::stdin().lock().lines() {
        let line = line?;
        let mut parts = line.split_whitespace();
        if let (Some(name), Some(amount)) = (parts.next(), parts.next()) {
            *sums.entry(name.to_string()).or_default() += amount.parse::<i64>()?;
        }
    }
    for (name, sum) in &sums {
        println!("{name} {sum}");
    }
    let (tx, rx) = mpsc::channel();
    for n in 1..=4u64 {
        let tx = tx.clone();
        thread::spawn(move || tx.send(n * n).unwrap());
    }
    drop(tx);
    println!("squares {}", rx.iter().sum::<u64>());
    println!("{} {}", env::args().nth(1).unwrap(), env::var("KEY")?);
    fs::write("a.txt", "abc")?;
    println!("{}", fs::read_to_string("a.txt")?.len());
    Ok(())
}
