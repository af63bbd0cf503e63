fn main() {
    println!("before");
    let v: Vec<i32> = std::env::args().map(|a| a.len() as i32).collect();
    println!("{}", v[100]);
}
