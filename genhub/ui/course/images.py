"""The lines of the course on images: autoencoders, variational autoencoders, adversarial networks, diffusion, transfer."""

from genhub.ui.course.line import Line, painter
from genhub.ui.images import own
from genhub.ui.learning.kinds import AUTOENCODER, DIFFUSION, GAN, TRANSFER, VAE
from genhub.ui.ways import Way

COURSE: dict[str, tuple[Line, ...]] = {
    "Autoencoders": (
        Line(
            "A linear autoencoder is PCA",
            "One dense layer in and one out, no activation, squared error: it finds the plane that PCA finds.",
            "How far from PCA does it end, and how many more epochs does it take to get there?",
            Way("autoencoder", values=painter(AUTOENCODER, variant="linear")),
        ),
        Line(
            "Stacked autoencoders",
            "784 – 100 – 30 – 100 – 784 with SELU on images of 28 × 28 pixels; on smaller ones the ends are smaller.",
            "A code of 2, of 5, of 30 numbers: how does the error fall, and where does PCA stand each time?",
            Way("autoencoder", values=painter(AUTOENCODER, variant="stacked", coding=5)),
        ),
        Line(
            "Tied weights",
            "The decoder uses the encoder's matrices, transposed.",
            "Half the parameters: is the error on unseen images larger?",
            Way("autoencoder", values=painter(AUTOENCODER, variant="tied")),
        ),
        Line(
            "One layer at a time",
            "A pair of layers learns to give back what it reads, then the next pair on its codes, then all of them.",
            "Does it end better than all layers at once, after as many epochs?",
            Way("autoencoder", values=painter(AUTOENCODER, variant="layerwise")),
        ),
        Line(
            "A deep autoencoder with dropout",
            "784 – 1000 – 500 – 30 and back with SELU; in training a tenth of the hidden units of the encoder is silent, another tenth each time.",
            "Is its error on unseen images smaller than the stacked one's, for how many times the parameters?",
            Way("autoencoder", values=painter(AUTOENCODER, variant="deep")),
        ),
        Line(
            "Three layers without activation",
            "784 – 1000 – 500 – 30 with no activation anywhere: 2.6 million parameters that draw one plane.",
            "Is it any better than the linear one with a fiftieth of the parameters?",
            Way("autoencoder", values=painter(AUTOENCODER, variant="deep-linear")),
        ),
        Line(
            "Convolutional autoencoders",
            "16 – 32 – 64 filters with pooling, transposed convolutions back; the code is a small picture of many channels.",
            "On images of your own: what is lost first, edges or shades?",
            Way("autoencoder", values=painter(AUTOENCODER, variant="conv")),
        ),
        Line(
            "Recurrent autoencoders",
            "LSTMs read an image row by row into one state, and write it row by row.",
            "Which rows of the digits come out worse, the first or the last?",
            Way("autoencoder", values=painter(AUTOENCODER, variant="recurrent")),
        ),
        Line(
            "Denoising",
            "Gaussian noise, missing pixels or white ones: it sees the damaged image and is to give back the whole one.",
            "With which damage is the error on whole images smaller than without any?",
            Way("autoencoder", values=painter(AUTOENCODER, variant="denoising")),
        ),
        Line(
            "Sparse codes by an L1 penalty",
            "The code is wide, 300 numbers, and each that is not zero costs as much as it is large.",
            "How many of the 300 numbers of the code vary with the image, and what does that cost in error?",
            Way("autoencoder", values=painter(AUTOENCODER, variant="sparse-l1")),
        ),
        Line(
            "Sparse codes by a target (KL)",
            "Each of the 300 numbers is to be on for one image in ten; one that is on more often, or less, costs something.",
            "Which of the two penalties leaves more numbers in use, and which gives back better?",
            Way("autoencoder", values=painter(AUTOENCODER, variant="sparse-kl")),
        ),
    ),
    "Variational autoencoders": (
        Line(
            "A dense VAE",
            "784 – 128 – 4, mean and logarithm of the variance; the pixels' cost and the code's are summed.",
            "At which step does the code begin to cost, and what do the drawn images look like before and after?",
            Way("vae", values=painter(VAE, variant="dense", coding=4)),
        ),
        Line(
            "A convolutional VAE with two dimensions",
            "Strided convolutions of 32 and 64 filters, dense 16: every image is a place on a map.",
            "Scrub the film from its beginning: in which order do the digits appear?",
            Way("vae", values=painter(VAE, variant="conv", coding=2)),
        ),
        Line(
            "β, and the slides' 0.04",
            "The KL counts β times. Above 1 fewer numbers of the code are used, near 0 it is almost a plain autoencoder.",
            "β = 0.04 and β = 4: which gives images back better, which draws better ones, how many numbers are in use?",
            Way("vae", values=painter(VAE, variant="dense", coding=8, beta=4.0)),
        ),
        Line(
            "Conditional generation",
            "The model is told the class on both sides, so that it can be asked for one.",
            "Draw sevens: what is left for the code to say, when the class is known?",
            Way("vae", values=painter(VAE, variant="conv", coding=8, conditional=True)),
        ),
        Line(
            "Averaged pixels, summed KL",
            "A mistake of the slides: the pixels' term is a mean, the code's a sum, so the KL counts hundreds of times too much.",
            "How many numbers of the code are in use, and what does it draw? Train it with the mistake and without, and compare.",
            Way("vae", values=painter(VAE, variant="conv-wide", coding=2, averaged=True)),
        ),
        Line(
            "Drawing from the latent space",
            "Codes drawn from a normal distribution are decoded; the temperature is its standard deviation.",
            "At which temperature are all images alike, and at which are they no images any more?",
            Way("play"),
        ),
        Line(
            "Interpolation",
            "From one place of the map to another, through the code and through the pixels.",
            "Where does the way through the pixels show two images at once, and the one through the code none?",
            Way("latent"),
        ),
        Line(
            "Independent dimensions",
            "Each row of images turns one number of a code and leaves the others.",
            "Which number stands for slant and which for width, with β = 1 and with β = 4?",
            Way("latent"),
        ),
        Line(
            "Vector arithmetic on mean codes",
            "A class has a mean code. The mean of one, minus that of another, plus that of a third, is a code as well, and can be decoded.",
            "Choose Pullover, T-shirt and Dress, and press “Add up”: does the dress get long sleeves?",
            Way("latent", values={"im_model": "embedded/fashion-vae-16"}),
        ),
        Line(
            "A sketch that is encoded",
            "What you draw is scaled and centred as the known images are, and becomes a code: a place on the map, and a picture again.",
            "Draw half a digit: is what comes back a whole one, and which?",
            Way("own", values={"im_model": "embedded/mnist-vae-2", "own_source": own.DRAWN, "own_damage": own.UNDAMAGED}),
        ),
        Line(
            "Outliers",
            "What a model has never seen it gives back badly: the error says how unusual an image is.",
            "Draw a letter for a model of digits: how large a share of the digits is given back worse?",
            Way("own"),
        ),
        Line(
            "An autoencoder does not draw",
            "Its codes lie wherever training left them: codes drawn at random are no images. A VAE's are.",
            "Train both on the same images and put them side by side: which gives back better, which draws better?",
            Way("beside"),
        ),
    ),
    "Generative adversarial networks": (
        Line(
            "Generator and discriminator",
            "100 – 256 – 512 – 1024 – 784 against 784 – 1024 – 512 – 256 – 1, leaky ReLU and dropout: counterfeiters and police, in turn.",
            "What does the discriminator believe of real and of fake images after ten epochs, and what do the losses tell of the pictures?",
            Way("gan", values=painter(GAN, variant="dense")),
        ),
        Line(
            "A small dense GAN",
            "30 – 100 – 150 – 784 against 784 – 150 – 100 – 1 with SELU: a tenth of the parameters of the one above.",
            "Is its judge FID larger than that of the dense GAN, and how many classes does it draw?",
            Way("gan", values=painter(GAN, variant="dense-small")),
        ),
        Line(
            "A convolutional GAN",
            "A generator of transposed convolutions, 32 – 16 – 1, against 16 – 32 – 64 filters with pooling and dropout.",
            "A fiftieth of the parameters of the dense one, on the digits: is its judge FID larger?",
            Way("gan", values=painter(GAN, variant="conv")),
        ),
        Line(
            "DCGAN's five rules",
            "Strides instead of pooling, batch norm except at the ends, no dense hidden layers, ReLU and tanh, leaky ReLU.",
            "After how many steps are the first digits to be seen, and after how many with the convolutional GAN that breaks three of them?",
            Way("gan", values=painter(GAN, variant="dcgan")),
        ),
        Line(
            "A discriminator that is too strong",
            "The loss as the game is written down, and a discriminator that learns five times as fast: it is sure of everything.",
            "At which step is it sure of everything, and does the generator learn all the same?",
            Way("gan", values=painter(GAN, variant="dcgan", loss="saturating", ratio=5.0)),
        ),
        Line(
            "Label smoothing and label noise",
            "Real images count 0.9, and both targets are off by up to 0.05: the discriminator is never quite sure.",
            "How far do its beliefs stay from 0 and 1, with and without?",
            Way("gan", values=painter(GAN, variant="dense", smoothing=0.1, noisy_labels=True)),
        ),
        Line(
            "Mode collapse",
            "A generator that has found one image that works draws it again and again: classes are lost.",
            "Which classes are missing in the verdict, and which of the remedies brings them back?",
            Way("gan", values=painter(GAN, variant="conv", ratio=0.2, average=0.0)),
        ),
        Line(
            "Experience replay",
            "Half of the fake images that the discriminator sees are older ones, so that it does not forget them.",
            "Do the generator's losses swing less?",
            Way("gan", values=painter(GAN, variant="conv", replay=True)),
        ),
        Line(
            "Mini-batch standard deviation",
            "The discriminator sees how much the images of a batch differ; that they are all alike gives them away.",
            "Is the variety of the drawn images nearer to 100 %?",
            Way("gan", values=painter(GAN, variant="conv", spread=True)),
        ),
        Line(
            "Wasserstein loss",
            "A critic's difference between real and fake, its gradients held near 1 by a penalty; three of its steps for one of the generator.",
            "Does its loss fall while the pictures get better, unlike that of the others?",
            Way("gan", values=painter(GAN, variant="dcgan", loss="wasserstein")),
        ),
        Line(
            "Whose turn it is",
            "One step of the discriminator changes what it believes and no image; one of the generator changes the images.",
            "Ten steps of the discriminator in a row, then one of the generator: what is it told to change?",
            Way("turns"),
        ),
        Line(
            "The discriminator's view",
            "Twelve images, drawn ones among them, from moments along a GAN's training: you say which, and its discriminator does.",
            "Until which moment do you tell more of them apart than by guessing, and until which does the discriminator?",
            Way("discriminate"),
        ),
        Line(
            "Conditional GANs",
            "Both networks are told the class, so that the generator can be asked for one.",
            "How many of the drawn images are of the class that was asked for?",
            Way("gan", values=painter(GAN, variant="dcgan", conditional=True)),
        ),
        Line(
            "Synthetic data",
            "As many drawn images of every class as one likes, with their labels, as a set to learn from.",
            "Does a classifier that learns from drawn images as well do better on real ones?",
            Way("enlarge"),
        ),
    ),
    "Diffusion": (
        Line(
            "Taking noise away",
            "A network learns which noise was added to an image, at every amount of it; drawing begins with nothing but noise.",
            "Scrub through a drawing: at which step is it decided which digit it will be?",
            Way("diffusion", values=painter(DIFFUSION)),
        ),
        Line(
            "Guidance",
            "Told the class, it is asked twice, with the class and without, and goes further in the direction of the difference.",
            "Guidance 1 and 5: which draws more typical images, which more different ones?",
            Way("diffusion", values=painter(DIFFUSION, conditional=True)),
        ),
    ),
    "Transfer learning on images": (
        Line(
            "A new head on a frozen base",
            "A network that knows other images stays as it is; only a new last layer learns. How many parameters learn is told before it begins.",
            "Base: the digits' judge, or the clothes': which knows more of these images?",
            Way("transfer", values=painter(TRANSFER, fine_tune=False, lora=False, scratch=False)),
        ),
        Line(
            "Fine-tuning in small steps",
            "Once the head has learnt, everything learns on with a small learning rate, so that what the base knows is not washed away.",
            "Learning rate 0.0003 and 0.03: which is better than the head alone?",
            Way("transfer", values=painter(TRANSFER, fine_tune=True, lora=False, scratch=False)),
        ),
        Line(
            "LoRA on convolutions",
            "Beside each frozen convolution a narrow one and one back; in the end they are added to it, and nothing is slower.",
            "How near do its few parameters come to fine-tuning all of them?",
            Way("transfer", values=painter(TRANSFER, fine_tune=True, lora=True, scratch=False)),
        ),
        Line(
            "What the base is worth",
            "The same network from drawn weights, for as many epochs, stands beside it on the same unseen images.",
            "One epoch, and thirty: when does it catch up?",
            Way("transfer", values=painter(TRANSFER, fine_tune=True, lora=True, scratch=True)),
        ),
    ),
}
