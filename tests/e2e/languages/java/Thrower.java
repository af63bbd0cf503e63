public class Thrower {
    public static void main(String[] args) {
        System.out.println("before");
        int[] few = new int[2];
        few[args.length + 5] = 1;
    }
}
