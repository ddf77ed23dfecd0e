// Send plots to Hydra: producer tcp://HOST:PORT RUN PLOT_TYPE FILE...   Build: g++ -std=c++17 producer.cpp -lzmq
#include <chrono>
#include <fstream>
#include <iostream>
#include <iterator>
#include <zmq.h>
using std::string;

int main(int argc, char **argv) {
    void *context = zmq_ctx_new(), *socket = zmq_socket(context, ZMQ_DEALER);
    const int ms = 10000;  // patience; as ZMQ_IMMEDIATE it means yes
    for (int option : {ZMQ_RCVTIMEO, ZMQ_SNDTIMEO, ZMQ_IMMEDIATE}) zmq_setsockopt(socket, option, &ms, sizeof ms);
    if (argc < 5 || zmq_connect(socket, argv[1]) != 0) return 2;
    for (int i = 4; i < argc; ++i) {
        std::ifstream file(argv[i], std::ios::binary);
        const string image{std::istreambuf_iterator<char>(file), {}};
        const auto id = "\"id\":\"" + std::to_string(std::chrono::system_clock::now().time_since_epoch().count()) + "\"";
        const auto header = "{\"hydra_feed\":1,\"kind\":\"plot\"," + id + ",\"sender\":\"example\",\"plot_type\":\"" +
                            string(argv[3]) + "\",\"run\":" + argv[2] + "}";
        for (string answer; answer.find("\"acknowledged\"") == string::npos;) {
            if (zmq_send(socket, header.data(), header.size(), ZMQ_SNDMORE) < 0) continue;
            if (zmq_send(socket, image.data(), image.size(), 0) < 0) continue;
            answer.resize(65536);  // no answer in time: send it again, the same plot twice is one plot
            answer.resize(std::max(0, zmq_recv(socket, answer.data(), answer.size(), 0)));
            if (answer.find(id) == string::npos) answer.clear();
            if (answer.find("\"retry\":false") != string::npos) return std::cerr << answer << '\n', 1;
        }
        std::cout << argv[i] << ": stored\n";
    }
}
