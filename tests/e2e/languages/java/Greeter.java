final class Greeter {
    private Greeter() {}

    static String greet(String name, String title) {
        return "Hello, " + title + " " + name + "!";
    }
}
