fn main() {
    let s = String::from("moved");
    let t = s;
    println!("{s} {t}");
}
