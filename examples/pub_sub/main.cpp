// A hub passes each message on to everybody who subscribed to its topic. One goroutine owns the
// list of subscribers, so nothing needs a lock.
// After the publish-subscribe pattern; each reader's mail is printed when all is over.
#include <cstdio>
#include <map>
#include <offset/offset.hpp>
#include <string>
#include <vector>

using mailbox = offset::chan<std::string>;

struct subscription {
  std::string topic;
  mailbox to;
};

struct message {
  std::string topic;
  std::string text;
};

class hub {
 public:
  hub() {
    offset::go([subscribe = subscribe_, publish = publish_] { serve(subscribe, publish); });
  }
  mailbox subscribe(std::string topic) const {
    auto to = offset::make_chan<std::string>(10);
    subscribe_.send({topic, to});
    return to;
  }
  void publish(std::string topic, std::string text) const { publish_.send({topic, text}); }
  void close() const { publish_.close(); }

 private:
  static void serve(offset::recv_chan<subscription> subscribe, offset::recv_chan<message> publish) {
    std::map<std::string, std::vector<mailbox>> readers;
    for (;;) {
      subscription s;
      message m;
      bool more = true;
      if (offset::select(subscribe.if_recv(s), publish.if_recv(m, more)) == 0) {
        readers[s.topic].push_back(s.to);
      } else if (more) {
        for (const mailbox& reader : readers[m.topic]) reader.send(m.text);
      } else {
        for (const auto& [topic, boxes] : readers)
          for (const mailbox& reader : boxes) reader.close();
        return;
      }
    }
  }
  offset::chan<subscription> subscribe_ = offset::make_chan<subscription>();
  offset::chan<message> publish_ = offset::make_chan<message>();
};

int main() {
  return offset::run([] {
    const hub news;
    const mailbox ann = news.subscribe("weather");
    const mailbox joe = news.subscribe("weather");
    const mailbox eve = news.subscribe("sports");
    news.publish("weather", "rain");
    news.publish("sports", "a draw");
    news.publish("stocks", "up");  // nobody reads it
    const mailbox late = news.subscribe("weather");
    news.publish("weather", "more rain");
    news.close();

    for (const std::string& text : ann) std::printf("Ann reads: %s\n", text.c_str());
    for (const std::string& text : joe) std::printf("Joe reads: %s\n", text.c_str());
    for (const std::string& text : eve) std::printf("Eve reads: %s\n", text.c_str());
    for (const std::string& text : late) std::printf("the late one reads: %s\n", text.c_str());
  });
}
