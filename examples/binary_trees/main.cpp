// Tells whether two trees of different shape hold the same values: a goroutine walks each tree,
// and the values are compared as they come. When they differ, closing a channel ends both walks.
// After the exercise "Equivalent Binary Trees" in A Tour of Go.
#include <cstdio>
#include <initializer_list>
#include <memory>
#include <offset/offset.hpp>

struct node;
using tree = std::shared_ptr<node>;

struct node {
  explicit node(int v) : value(v) {}
  int value;
  tree left;
  tree right;
};

void insert(tree& t, int value) {
  if (!t)
    t = std::make_shared<node>(value);
  else
    insert(value < t->value ? t->left : t->right, value);
}

tree make_tree(std::initializer_list<int> values) {
  tree t;
  for (int value : values) insert(t, value);
  return t;
}

// Sends the values of t in order; false when it was told to quit.
bool send_values(const tree& t, offset::send_chan<int> values, offset::recv_chan<void> quit) {
  if (!t) return true;
  if (!send_values(t->left, values, quit)) return false;
  if (offset::select(values.if_send(t->value), quit.if_recv()) == 1) return false;
  return send_values(t->right, values, quit);
}

offset::recv_chan<int> walk(tree t, offset::recv_chan<void> quit) {
  auto values = offset::make_chan<int>();
  offset::go([=] {
    send_values(t, values, quit);
    values.close();
  });
  return values;
}

bool same(const tree& a, const tree& b) {
  auto quit = offset::make_chan<void>();
  auto values_a = walk(a, quit);
  auto values_b = walk(b, quit);
  for (;;) {
    const auto x = values_a.recv();
    const auto y = values_b.recv();
    if (x != y || !x) {
      quit.close();
      return x == y;
    }
  }
}

const char* verdict(bool same) { return same ? "same" : "different"; }

int main() {
  return offset::run([] {
    const tree a = make_tree({8, 5, 13, 3, 1, 2, 21});
    const tree b = make_tree({1, 2, 3, 5, 8, 13, 21});
    const tree c = make_tree({1, 2, 4, 5, 8, 13, 21});
    const tree d = make_tree({1, 2, 3, 5, 8, 13});

    for (int value : walk(a, {})) std::printf("%d\n", value);
    std::printf("a and b: %s\n", verdict(same(a, b)));
    std::printf("a and c: %s\n", verdict(same(a, c)));
    std::printf("a and d: %s\n", verdict(same(a, d)));
  });
}
